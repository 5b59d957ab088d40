"""setup.sh with stand-ins for the programs it asks, in a folder of its own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.deployment.paths import ROOT, SETUP

DOCKER = """#!/bin/sh
echo "docker $*" >>"$STAND_INS/calls"
case "$*" in
    "info --format {{.ServerVersion}}") [ -z "$NO_ENGINE" ] && echo "${DOCKER_VERSION-28.2.2}" ;;
    "info --format"*) echo "${RUNTIMES-nvidia}" ;;
    "compose version --short") echo "${COMPOSE_VERSION-2.39.1}" ;;
    "image inspect"*) [ -e "$STAND_INS/image" ] ;;
    "compose build server") touch "$STAND_INS/image" ;;
    *"keys create"*) echo jobai_abcdefghijkl_secretsecretsecret ;;
esac
"""
PROGRAMS = {
    "docker": DOCKER,
    "nvidia-smi": """#!/bin/sh
case "$*" in *driver*) echo "${DRIVER-580.95.05}" ;; *) echo "NVIDIA A100, 81920 MiB" ;; esac
""",
    "nvidia-ctk": "#!/bin/sh\n",
    "df": '#!/bin/sh\necho "Filesystem blocks Used Available Capacity Mounted"\necho "/dev/x 900 1 ${FREE-400} 1% /"\n',
    "free": '#!/bin/sh\necho "total used"\necho "Mem: ${MEMORY-128000000000} 1"\n',
}
SECRETS = ("JOBAI_ADMIN_KEY", "GRAFANA_ADMIN_PASSWORD", "POSTGRES_PASSWORD", "REDIS_PASSWORD")


@dataclass(frozen=True)
class Machine:
    """A checkout with nothing but setup.sh in it, on a machine whose programs say what a test wants."""

    checkout: Path
    programs: Path

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": f"{self.programs}:/usr/bin:/bin", "STAND_INS": str(self.programs), **variables}
        setup = self.checkout / "setup.sh"
        return subprocess.run([setup, *arguments], env=environment, capture_output=True, text=True, timeout=60)

    def settings(self) -> dict[str, str]:
        lines = (self.checkout / ".env").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines if "=" in line)

    def calls(self) -> list[str]:
        calls = self.programs / "calls"
        asking = re.compile(r"docker (info|compose version|image inspect)")
        return [call for call in calls.read_text().splitlines() if not asking.match(call)]

    def everything(self) -> dict[str, tuple[int, int, bytes]]:
        paths = (path for path in self.checkout.rglob("*"))
        return {
            str(path): (path.stat().st_mode, path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else b"")
            for path in paths
        }


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    machine = Machine(tmp_path / "checkout", tmp_path / "programs")
    machine.checkout.mkdir()
    machine.programs.mkdir()
    shutil.copy(SETUP, machine.checkout)
    for name, text in PROGRAMS.items():
        program = machine.programs / name
        program.write_text(text)
        program.chmod(0o755)
    return machine


def test_good_machine_passes_the_check_and_nothing_is_changed(machine: Machine) -> None:
    before = machine.everything()
    done = machine.run("--check")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("  ok  ") == 6
    assert "NVIDIA driver 580.95.05 (NVIDIA A100, 81920 MiB)" in done.stdout
    assert machine.everything() == before
    assert machine.calls() == []


@pytest.mark.parametrize(
    ("variables", "line"),
    [
        ({"DRIVER": "570.12"}, "NVIDIA driver 580 or later: this one is 570.12"),
        ({"DRIVER": ""}, "NVIDIA driver 580 or later: nvidia-smi finds none"),
        ({"FREE": "199"}, "disk: 200 GB for ./data/models, where 199 GB are free"),
        ({"MEMORY": "31999999999"}, "memory: 32 GB, this machine has 31 GB"),
        ({"NO_ENGINE": "1"}, "Docker: its engine does not answer"),
        ({"DOCKER_VERSION": "24.0.9"}, "Docker 25 or later: this one is 24.0.9; see"),
        ({"COMPOSE_VERSION": "2.9.0"}, "Docker Compose 2.24 or later: this one is 2.9.0"),
        ({"COMPOSE_VERSION": ""}, "Docker Compose 2.24 or later; see"),
        ({"RUNTIMES": "runc"}, "NVIDIA container toolkit: Docker does not know it"),
    ],
)
def test_what_is_lacking_is_named_and_stops_the_setup(machine: Machine, variables: dict[str, str], line: str) -> None:
    before = machine.everything()
    for arguments in (("--check",), ()):
        done = machine.run(*arguments, **variables)
        assert done.returncode == 1
        assert re.findall(r"LACKING  (.*)", done.stdout)[0].startswith(line)
        assert done.stdout.count("LACKING") == 1
    assert machine.everything() == before


def test_real_machine_is_reported_truthfully() -> None:
    done = subprocess.run([SETUP, "--check"], capture_output=True, text=True, timeout=60)
    driver = shutil.which("nvidia-smi") is not None and subprocess.run(["nvidia-smi", "-L"]).returncode == 0
    assert ("ok       NVIDIA driver" in done.stdout) <= driver
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    assert ("LACKING  memory" in done.stdout) == (int(total) < 32)
    wanted = 60 if answer("docker", "image", "inspect", "jobai-server:cuda") else 200
    assert ("LACKING  disk" in done.stdout) == (shutil.disk_usage(ROOT).free / 1e9 < wanted - 0.5)
    engine = bool(answer("docker", "info", "--format", "{{.ServerVersion}}"))
    assert ("LACKING  Docker: see" in done.stdout) == (shutil.which("docker") is None)
    assert ("LACKING  Docker: its engine" in done.stdout) == (shutil.which("docker") is not None and not engine)
    assert (re.search(r"^  ok       Docker \d", done.stdout, re.MULTILINE) is not None) == engine
    compose = answer("docker", "compose", "version", "--short")
    numbers = [int(number) for number in re.findall(r"\d+", compose)]
    assert ("ok       Docker Compose" in done.stdout) == (numbers >= [2, 24])
    assert ("LACKING  Docker Compose" in done.stdout) == (numbers < [2, 24])
    assert not compose or compose in done.stdout
    toolkit = shutil.which("nvidia-ctk") is not None
    known = (
        "nvidia"
        in answer("docker", "info", "--format", "{{range $name, $_ := .Runtimes}}{{println $name}}{{end}}").splitlines()
    )
    assert ("ok       NVIDIA container toolkit" in done.stdout) == (toolkit and known)
    assert ("LACKING  NVIDIA container toolkit: see" in done.stdout) == (not toolkit)
    assert ("LACKING  NVIDIA container toolkit: Docker" in done.stdout) == (toolkit and not known)
    assert len(re.findall(r"^  (?:ok|LACKING)  ", done.stdout, re.MULTILINE)) == 6
    assert done.returncode == ("LACKING" in done.stdout)


def answer(*command: str) -> str:
    """What a program of this machine prints; nothing where it is missing or fails."""
    if shutil.which(command[0]) is None:
        return ""
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    return done.stdout.strip() if done.returncode == 0 else ""


def test_setup_makes_everything_in_order(machine: Machine) -> None:
    done = machine.run(HF_TOKEN="hf_given")
    assert (done.returncode, done.stderr) == (0, "")
    settings = machine.settings()
    assert {len(settings[name]) for name in SECRETS} == {64}
    assert len({settings[name] for name in SECRETS}) == 4
    assert settings["JOBAI_MONITOR_KEY"] == "jobai_abcdefghijkl_secretsecretsecret"
    assert settings["HF_TOKEN"] == "hf_given"
    assert (machine.checkout / ".env").stat().st_mode & 0o777 == 0o600
    assert not any(settings[name] in done.stdout for name in SECRETS)
    models = machine.checkout / "data" / "models"
    assert machine.calls() == [
        "docker compose build server",
        "docker run --rm --user 0:0 --entrypoint chown "
        f"--volume {models}:/models jobai-server:cuda 10001:10001 /models",
        "docker compose run --rm --no-TTY server keys create --name prometheus --role monitor",
        "docker compose run --rm --no-TTY server models download",
    ]


def test_second_run_changes_nothing(machine: Machine) -> None:
    machine.run()
    os.utime(machine.checkout / ".env", ns=(1, 1))
    before = machine.everything()
    (machine.programs / "calls").unlink()
    assert machine.run().returncode == 0
    assert machine.everything() == before
    made = [call for call in machine.calls() if "build" in call or "keys create" in call]
    assert made == []


def test_settings_of_the_operator_stay(machine: Machine) -> None:
    given = "WORKERS=8\nJOBAI_ADMIN_KEY=my-own-admin-key-0123456789-abcdef\nREDIS_PASSWORD=\n"
    (machine.checkout / ".env").write_text(given)
    machine.run("--no-models", "--skip-checks", MEMORY="1")
    settings = machine.settings()
    assert settings["WORKERS"] == "8"
    assert settings["JOBAI_ADMIN_KEY"] == "my-own-admin-key-0123456789-abcdef"
    assert len(settings["REDIS_PASSWORD"]) == 64
    assert (machine.checkout / ".env").stat().st_mode & 0o777 == 0o600
    assert not any("download" in call for call in machine.calls())


def test_what_is_made_stands_before_the_settings_that_have_it_in_them(machine: Machine) -> None:
    address = "postgresql://jobai:${POSTGRES_PASSWORD}@postgres:5432/jobai"
    (machine.checkout / ".env").write_text(f"# mine\n# all of it\nJOBAI_DATABASE_URL={address}\n# the end")
    assert machine.run("--no-models").returncode == 0
    lines = (machine.checkout / ".env").read_text().splitlines()
    assert lines[:2] == ["# mine", "# all of it"]
    assert lines[-2:] == [f"JOBAI_DATABASE_URL={address}", "# the end"]
    assert {line.split("=")[0] for line in lines[2:-2]} == {*SECRETS, "JOBAI_MODELS", "JOBAI_MONITOR_KEY"}


@pytest.mark.parametrize(
    ("given", "models"),
    [
        ("HF_TOKEN=hf_mine", "data/models"),  # no newline at its end
        ('JOBAI_MODELS="./my models"\nHF_TOKEN=hf_mine\n', "my models"),
        ("JOBAI_MODELS='./my models' # the large disk\nHF_TOKEN=hf_mine\n", "my models"),
        ("export JOBAI_MODELS=./elsewhere # the large disk\nHF_TOKEN=hf_mine\n", "elsewhere"),
        ("JOBAI_MODELS=\nHF_TOKEN=hf_mine", "data/models"),
        ("JOBAI_MODELS=# none\nHF_TOKEN=hf_mine", "data/models"),
    ],
)
def test_a_file_of_settings_is_read_as_compose_reads_it(machine: Machine, given: str, models: str) -> None:
    (machine.checkout / ".env").write_text(given)
    assert machine.run("--no-models").returncode == 0
    assert machine.settings()["HF_TOKEN"] == "hf_mine"
    assert {path.name for path in machine.checkout.iterdir()} == {".env", "setup.sh", models.split("/")[0]}
    folder = machine.checkout / models
    assert folder.is_dir()
    assert folder.stat().st_mode & 0o777 == 0o755  # who looks at what it takes need not be its owner
    before = machine.everything()
    assert machine.run("--no-models").returncode == 0
    assert machine.everything() == before


def test_an_exported_key_is_not_made_again(machine: Machine) -> None:
    (machine.checkout / ".env").write_text("export JOBAI_ADMIN_KEY=my-own-admin-key-0123456789-abcdef\n")
    machine.run("--no-models")
    assert (machine.checkout / ".env").read_text().count("JOBAI_ADMIN_KEY") == 1


def test_a_token_with_signs_is_written_so_that_compose_takes_it_as_it_is(machine: Machine) -> None:
    machine.run("--no-models", HF_TOKEN="hf_$HOME #1")
    assert machine.settings()["HF_TOKEN"] == "'hf_$HOME #1'"
    (machine.checkout / ".env").unlink()
    done = machine.run("--no-models", HF_TOKEN="hf_it's")
    assert done.returncode == 1
    assert done.stderr == "setup.sh: HF_TOKEN: a value with an apostrophe cannot be written to .env\n"


@pytest.mark.parametrize("models", ["~/models", "big/models", "${HOME}/m", "./a:b", "models"])
def test_a_directory_that_compose_would_understand_otherwise_is_refused(machine: Machine, models: str) -> None:
    done = machine.run("--no-models", JOBAI_MODELS=models)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert done.stderr.startswith(f"setup.sh: JOBAI_MODELS is {models}; it has to be a path")
    (machine.checkout / ".env").write_text(f"JOBAI_MODELS={models}\n")
    assert machine.run("--no-models").stderr == done.stderr


def test_two_directories_of_models_are_refused(machine: Machine) -> None:
    assert machine.run("--no-models", JOBAI_MODELS="../models").returncode == 0
    assert machine.run("--no-models", JOBAI_MODELS="../models").returncode == 0
    done = machine.run("--no-models", JOBAI_MODELS="./others")
    assert done.returncode == 1
    assert done.stderr == (
        "setup.sh: JOBAI_MODELS is ./others in the environment and ../models in .env; leave only one of them\n"
    )


def test_what_is_built_and_downloaded_needs_no_more_room(machine: Machine) -> None:
    assert machine.run(FREE="200").returncode == 0
    assert machine.run(FREE="80").returncode == 0
    done = machine.run(FREE="50")
    assert done.returncode == 1
    assert "LACKING  disk: 60 GB for ./data/models, where 50 GB are free" in done.stdout


def test_programs_are_asked_in_the_language_that_is_understood(machine: Machine) -> None:
    free = machine.programs / "free"
    free.write_text('#!/bin/sh\n[ "$LC_ALL" = C ] && echo "Mem: 128000000000 1" || echo "Speicher: 128000000000 1"\n')
    assert machine.run("--check", LC_ALL="de_DE.UTF-8").returncode == 0


def test_key_that_could_not_be_made_ends_the_setup(machine: Machine) -> None:
    docker = machine.programs / "docker"
    docker.write_text(docker.read_text().replace("echo jobai_abc", "echo oops_"))
    done = machine.run()
    assert done.returncode == 1
    assert "no key could be made for Prometheus" in done.stderr
    assert "JOBAI_MONITOR_KEY" not in machine.settings()
