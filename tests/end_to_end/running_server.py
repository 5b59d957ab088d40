"""A real server as a process tree of its own, for tests that look at it from outside."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import psutil
from prometheus_client.parser import text_string_to_metric_families
from tests.end_to_end.process_tree import ProcessTree

from jobai_server.engines.queue_table import QueueTable

ADMIN_KEY = "test-admin-key-0123456789-abcdefghijklmnop"
START_SECONDS = 180.0
STOP_SECONDS = 60.0
READY = "jobai-server is ready"

# What a surrounding shell may have set for a server of its own.
SETTINGS = frozenset({"HOST", "PORT", "WORKERS", "CONFIG_FILE", "DEBUG", "DOWNLOAD_MODELS_ON_START"})


class RunningServer(ProcessTree):
    """A started server and what can be seen of it from outside.

    Attributes:
        port: The TCP port on 127.0.0.1.
        folder: Its own temporary folder; `data` in it is its data directory.
    """

    def __init__(self, process: subprocess.Popen[bytes], port: int, admin_key: str | None, folder: Path) -> None:
        super().__init__(process.pid)
        self.process = process
        self.port = port
        self.folder = folder
        self._admin_key = admin_key

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def base_url(self) -> str:
        """What OpenAI clients are given."""
        return f"{self.url}/v1"

    @property
    def admin_key(self) -> str:
        """The key it was given, or the one it made and showed."""
        if self._admin_key:
            return self._admin_key
        shown = re.search(r"jobai_\w{12}_\w{34}", self.output())
        assert shown is not None, "it made no key"
        return shown[0]

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.admin_key}"}

    def running_requests(self) -> int:
        """Answers that hold a place at an engine, by the queues that all web workers share."""
        tables = [QueueTable.existing(path) for path in self.folder.glob("run/jobai-*/queue-*")]
        return sum(int(table.entries["answers"][table.live()].sum()) for table in tables)

    def output(self) -> str:
        """Standard output so far."""
        return (self.folder / "stdout").read_text(errors="replace")

    def log(self) -> str:
        """Standard error so far."""
        return (self.folder / "stderr").read_text(errors="replace")

    def health(self) -> str:
        """The overall status that /health names, or why there is none."""
        try:
            return str(httpx2.get(f"{self.url}/health", timeout=5).json()["status"])
        except httpx2.TransportError as error:
            return type(error).__name__

    def metrics(self) -> dict[str, float]:
        """Metric name to the sum of all its samples."""
        text = httpx2.get(f"{self.url}/metrics", headers=self.headers, timeout=60).raise_for_status().text
        sums: dict[str, float] = {}
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                sums[sample.name] = sums.get(sample.name, 0) + sample.value
        return sums

    def wait_until_ready(self, seconds: float = START_SECONDS) -> None:
        """Until /health says ok and every web worker is attached to every engine; fails at once if the server ends."""
        deadline = time.monotonic() + seconds
        while not (READY in self.output() and self.health() == "ok"):
            if (code := self.process.poll()) is not None:
                raise AssertionError(f"the server ended with exit code {code}:\n{self.log()}")
            if time.monotonic() > deadline:
                raise AssertionError(f"the server was not ready after {seconds:g} s:\n{self.log()}")
            time.sleep(0.1)
        self.family()

    def stop(self, number: signal.Signals = signal.SIGTERM, seconds: float = STOP_SECONDS) -> int:
        """Signal the supervisor and wait for its end; its exit code."""
        self.family()
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(seconds)


@contextlib.contextmanager
def running_server(*, wait: bool = True, **environment: str | None) -> Iterator[RunningServer]:
    """Start `python -m jobai_server serve`; at the end stop it and check that nothing of it is left.

    Args:
        wait: Whether to wait until it is ready.
        environment: Variables for the server; None takes one away.
    """
    # Short, because the paths of Unix sockets are: pytest's own folders would be too long.
    folder = Path(tempfile.mkdtemp(prefix="jt-"))
    (folder / "run").mkdir()
    variables = {
        "HOST": "127.0.0.1",
        "PORT": str(free_port()),
        "JOBAI_ADMIN_KEY": ADMIN_KEY,
        "JOBAI_DATA_DIRECTORY": str(folder / "data"),
        "JOBAI_FAILED_AUTHENTICATIONS_PER_MINUTE": "1000",  # tests guess a lot, from one address
        "JOBAI_PROBE_SECONDS": "86400",  # a probe would be counted among a test's own tokens
        "TMPDIR": str(folder / "run"),
        "OMP_NUM_THREADS": "1",
        **environment,
    }
    inherited = {name: value for name, value in os.environ.items() if not _is_setting(name)}
    given = {name: value for name, value in (inherited | variables).items() if value is not None}
    with (folder / "stdout").open("wb") as stdout, (folder / "stderr").open("wb") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", "jobai_server", "serve"],
            cwd=folder,
            env=given,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            start_new_session=True,
        )
    server = RunningServer(process, int(given["PORT"]), given.get("JOBAI_ADMIN_KEY"), folder)
    try:
        if wait:
            server.wait_until_ready()
        yield server
        _end(server)
        orphans = server.orphans()
        assert not orphans, f"left behind by the server: {orphans}\n{server.log()}"
    finally:
        _kill(server)
        shutil.rmtree(folder, ignore_errors=True)


def free_port() -> int:
    """A TCP port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_setting(name: str) -> bool:
    return name in SETTINGS or name.startswith("JOBAI_")


def _end(server: RunningServer) -> None:
    try:
        server.stop()
    except subprocess.TimeoutExpired:
        raise AssertionError(f"the server did not stop:\n{server.log()}") from None


def _kill(server: RunningServer) -> None:
    for process in server.family():
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    server.process.wait()
