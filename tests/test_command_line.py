"""`jobai-server serve` with something wrong: one clear line, and nothing was started."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.end_to_end.running_server import free_port

MODULE = (sys.executable, "-m", "jobai_server")
GOOD_MODEL = {"name": "some-model", "source": "package:jobai_server/embedded/jobai_nano"}


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield int(listener.getsockname()[1])


def test_a_port_in_use_is_named(tmp_path: Path, taken_port: int) -> None:
    line = refused(tmp_path, PORT=str(taken_port))
    assert f"127.0.0.1:{taken_port}" in line
    assert "in use" in line


def test_an_address_of_another_machine_is_named(tmp_path: Path) -> None:
    assert "203.0.113.1" in refused(tmp_path, HOST="203.0.113.1")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PORT", "abc"),
        ("PORT", "70000"),
        ("WORKERS", "0"),
        ("DEBUG", "perhaps"),
        ("JOBAI_ADMIN_KEY", "short"),
        ("JOBAI_MAX_BODY_BYTES", "much"),
    ],
)
def test_a_bad_variable_is_named(tmp_path: Path, variable: str, value: str) -> None:
    assert variable in refused(tmp_path, **{variable: value})


def test_a_short_key_is_not_printed(tmp_path: Path) -> None:
    assert "tooshort" not in refused(tmp_path, JOBAI_ADMIN_KEY="tooshort")


def test_a_missing_config_file_is_named(tmp_path: Path) -> None:
    assert "nowhere.yaml" in refused(tmp_path, CONFIG_FILE="nowhere.yaml")


def test_an_unknown_key_of_the_config_file_gets_the_nearest_valid_name(tmp_path: Path) -> None:
    line = refused(tmp_path, CONFIG_FILE=config(tmp_path, context_lenght=2048))
    assert "context_lenght" in line
    assert "context_length" in line


def test_a_missing_model_folder_is_named(tmp_path: Path) -> None:
    assert str(tmp_path / "no-such-folder") in refused(
        tmp_path, CONFIG_FILE=config(tmp_path, source="./no-such-folder")
    )


def test_a_folder_without_a_model_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert str(tmp_path / "empty") in refused(tmp_path, CONFIG_FILE=config(tmp_path, source="./empty"))


def test_a_download_on_start_that_offline_mode_forbids_names_what_forbids_it(tmp_path: Path) -> None:
    line = refused(
        tmp_path,
        CONFIG_FILE=config(tmp_path, source="nobody/no-such-model"),
        DOWNLOAD_MODELS_ON_START="true",
        HF_HUB_OFFLINE="1",
    )
    assert "HF_HUB_OFFLINE forbids asking the hub; unset it and run: jobai-server models download some-model" in line


def test_a_quantisation_the_checkpoint_does_not_have_is_named(tmp_path: Path) -> None:
    assert "awq" in refused(tmp_path, CONFIG_FILE=config(tmp_path, quantization="awq"))


def test_a_data_directory_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    line = refused(tmp_path, JOBAI_DATA_DIRECTORY=str(tmp_path / "file"), JOBAI_ADMIN_KEY=None)
    assert str(tmp_path / "file") in line


def test_serve_is_what_runs_where_no_command_is_named(tmp_path: Path) -> None:
    assert refused(tmp_path, *MODULE, PORT="abc") == refused(tmp_path, PORT="abc")


def test_the_console_command_does_the_same_as_the_module(tmp_path: Path) -> None:
    console = (str(Path(sys.executable).with_name("jobai-server")), "serve")
    assert refused(tmp_path, *console, PORT="abc") == refused(tmp_path, PORT="abc")


def test_options_win_over_the_environment(tmp_path: Path) -> None:
    line = refused(tmp_path, *MODULE, "serve", "--workers", "999", WORKERS="1")
    assert "--workers" in line


def config(folder: Path, **settings: object) -> str:
    """A config file that would be fine but for these settings; its path."""
    path = folder / "models.json"
    path.write_text(json.dumps({"primary_model": GOOD_MODEL | settings}))
    return str(path)


def refused(folder: Path, *command: str, **environment: str | None) -> str:
    """The one line on standard error with which the command ends before anything is started."""
    run = folder / "run"
    run.mkdir(exist_ok=True)
    variables = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "HOST": "127.0.0.1",
        "PORT": str(free_port()),
        "JOBAI_ADMIN_KEY": "k" * 40,
        "JOBAI_DATA_DIRECTORY": str(folder / "data"),
        "TMPDIR": str(run),
        **environment,
    }
    given = {name: value for name, value in variables.items() if value is not None}
    ended = subprocess.run(
        command or (*MODULE, "serve"), cwd=folder, env=given, capture_output=True, text=True, check=False, timeout=60
    )
    assert ended.returncode not in (0, None)
    assert ended.stdout == ""
    assert ended.stderr.startswith("jobai-server: ")
    assert ended.stderr.count("\n") == 1, ended.stderr
    assert ended.stderr.endswith("\n")
    assert list(run.iterdir()) == []  # where a started tree would keep its sockets
    return ended.stderr
