"""Dockerfiles: linted, pinned, without secrets; what an image is built from is what is in the repository."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import yaml
from tests.deployment.paths import DOCKERFILES, ROOT, SCRIPTS

INSTRUCTION = re.compile(r"^([A-Z]+) ((?:.*\\\n)*.*)", re.MULTILINE)

each_dockerfile = pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda path: path.name)


def instructions(dockerfile: Path, name: str) -> list[str]:
    text = re.sub(r"^\s*#.*\n", "", dockerfile.read_text(), flags=re.MULTILINE)
    return [rest for instruction, rest in INSTRUCTION.findall(text) if instruction == name]


@each_dockerfile
def test_linter_has_nothing_to_say(dockerfile: Path) -> None:
    done = subprocess.run([SCRIPTS / "hadolint", dockerfile], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


@each_dockerfile
def test_every_base_image_has_an_exact_version(dockerfile: Path) -> None:
    images = instructions(dockerfile, "FROM")
    assert len(images) == 3
    for image in images:
        assert re.match(r"[\w./-]+:\d+\.\d+\.\d+(-[\w.-]+)?( AS \w+)?$", image), image


@each_dockerfile
def test_last_stage_runs_as_a_numbered_user_and_has_a_health_check(dockerfile: Path) -> None:
    last = dockerfile.read_text().rsplit("\nFROM ", 1)[1]
    assert re.search(r"^USER [1-9]\d*:[1-9]\d*$", last, re.MULTILINE)
    assert re.search(r'^VOLUME \["/models", "/data", ', last, re.MULTILINE)
    [check] = instructions(dockerfile, "HEALTHCHECK")
    assert "/health" in check


@each_dockerfile
def test_packages_are_installed_by_hash_from_a_lock_that_exists(dockerfile: Path) -> None:
    text = dockerfile.read_text()
    [lock] = re.findall(r"^COPY (deploy/locks/\w+\.txt) ", text, re.MULTILINE)
    assert f"uv pip install --no-deps --require-hashes --only-binary :all: -r {Path(lock).name}" in text
    assert "--hash=sha256:" in (ROOT / lock).read_text()


@each_dockerfile
def test_no_secret_is_named(dockerfile: Path) -> None:
    for instruction in ("ARG", "ENV"):
        for value in instructions(dockerfile, instruction):
            assert not re.search(r"KEY|TOKEN|PASSWORD|PEPPER|SECRET", value), value


@each_dockerfile
def test_everything_copied_is_let_into_the_context(dockerfile: Path) -> None:
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = {
        source
        for copy in instructions(dockerfile, "COPY")
        if not copy.startswith("--from")
        for source in copy.split()[:-1]
    }
    for source in copied:
        assert (ROOT / source).exists(), source
        assert any(source == name or source.startswith(f"{name}/") for name in allowed), source


def test_torch_is_the_one_that_is_installed_without_containers() -> None:
    [version] = re.findall(r"torch==([\d.]+)", (ROOT / "deploy" / "Dockerfile.cpu").read_text())
    assert f"torch_version={version}\n" in (ROOT / "scripts" / "install").read_text()


def test_config_of_the_image_is_one_that_ships() -> None:
    [config] = re.findall(r"CONFIG_FILE=/opt/jobai-server/(\S+)", (ROOT / "Dockerfile.cuda").read_text())
    assert "primary_model" in yaml.safe_load((ROOT / config).read_text())
