"""The programs under scripts/nano say in one line what is wrong with what they are given."""

from __future__ import annotations

import importlib
import json
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

MODEL = str(Path(__file__).parents[2] / "src" / "jobai_server" / "embedded" / "jobai_nano")
STATE = ("--state", "there")
Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a program as from the command line, until it ends itself: its exit status, and all that it prints."""

    def run(program: str, *arguments: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", [f"{program}.py", *arguments])
        with pytest.raises(SystemExit) as ended:
            importlib.import_module(program).main()
        printed = capsys.readouterr()
        return int(ended.value.code or 0), printed.out + printed.err

    return run


@pytest.mark.parametrize("program", ["data", "train", "evaluate", "export"])
def test_each_program_explains_itself(run: Run, program: str) -> None:
    status, printed = run(program, "--help")
    assert status == 0
    assert printed.startswith(f"usage: {program}.py")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("evaluate", "--checkpoint", "nowhere"), "--checkpoint: there is no config.json in 'nowhere'"),
        (("evaluate", "--count", "0"), "--count: '0' is not a whole number of 1 or more"),
        (("export", "--source", "nowhere", "--target", "there"), "--source: there is no config.json in 'nowhere'"),
        (("train", "--tokenizer", "nowhere"), "--tokenizer: there is no tokenizer.json in 'nowhere'"),
        (("train", "--initial-checkpoint", "nowhere"), "--initial-checkpoint: there is no config.json in 'nowhere'"),
        (("train", "--hours", "0"), "--hours: '0' is not a number above 0"),
        (("train", "--rate", "nan"), "--rate: 'nan' is not a number above 0"),
        (("train", "--workers", "two"), "--workers: 'two' is not a whole number of 1 or more"),
        (
            ("train", *STATE, "--tokenizer", MODEL, "--longest", "8"),
            "--longest: examples are longer than that; 64 or more",
        ),
        (
            ("train", *STATE, "--tokenizer", MODEL, "--batch-tokens", "100"),
            "--batch-tokens: every worker needs room for one example as long as --longest",
        ),
        (
            ("train", *STATE, "--initial-checkpoint", MODEL, "--layers", "2"),
            "--layers: the initial checkpoint has more, and a model can only grow",
        ),
        (("data", "sample", "--count", "-1"), "--count: '-1' is not a whole number of 1 or more"),
    ],
)
def test_an_option_that_makes_no_sense_is_named(run: Run, arguments: tuple[str, ...], said: str) -> None:
    status, printed = run(*arguments)
    assert status == 2
    assert printed.endswith(f"error: argument {said}\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ("data", "tokenizer", "--output"),
        ("train", "--tokenizer", MODEL, "--state"),
        ("train", *STATE, "--tokenizer", MODEL, "--export"),
        ("export", "--source", MODEL, "--target"),
    ],
)
def test_an_output_that_cannot_be_is_named_before_any_work(
    run: Run, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    (tmp_path / "file").touch()
    status, printed = run(*arguments, str(tmp_path / "file" / "there"))
    assert status == 2
    assert printed.endswith(f"error: argument {arguments[-1]}: '{tmp_path / 'file'}' is not a folder\n")


@pytest.mark.parametrize("content", [b"", b"words", b"PK\x03\x04 and no more"])
def test_a_state_that_is_damaged_is_named_and_kept(run: Run, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "training.pt").write_bytes(content)
    status, printed = run("train", "--tokenizer", MODEL, "--state", str(tmp_path))
    assert status == 2
    assert f"--state: training.pt in '{tmp_path}' is damaged" in printed
    assert (tmp_path / "training.pt").read_bytes() == content


def test_models_of_other_depths_have_no_mean(run: Run, tmp_path: Path) -> None:
    for name in ("model.safetensors", "tokenizer.json"):
        (tmp_path / name).symlink_to(Path(MODEL) / name)
    (tmp_path / "config.json").write_text('{"num_hidden_layers": 1}')
    status, printed = run("export", "--source", MODEL, str(tmp_path), "--target", str(tmp_path / "mean"))
    assert status == 2
    assert printed.endswith("--source: models of other depths or with other tokenizers have no mean\n")


def test_a_server_that_is_not_there_is_named(run: Run) -> None:
    address = "http://127.0.0.1:9/v1"
    assert run("evaluate", "--base-url", address, "--count", "1") == (1, f"evaluate.py: {address}: Connection error.\n")


@pytest.fixture
def refusing_server() -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.dumps({"error": {"message": "This key is not known."}}).encode()
            self.send_response(401)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    server.server_close()
    thread.join()


def test_what_a_server_says_is_passed_on(run: Run, refusing_server: str) -> None:
    status, printed = run("evaluate", "--base-url", refusing_server, "--api-key", "wrong", "--count", "1")
    assert status == 1
    assert "This key is not known." in printed
    assert len(printed.splitlines()) == 1
