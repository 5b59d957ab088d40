"""Kill the whole server while keys are created and revoked, over and over, and look for what it had promised.

    python scripts/bench/key_durability.py --rounds 50

Each round starts `jobai-server serve` on the same data directory, checks what all rounds before were told, lets several
clients create and revoke keys, and kills the server's first process with SIGKILL; its children end with it. A key is
acknowledged when its 201 has arrived whole, a revocation when its 200 has. Every acknowledged key must open the door
after that, every revoked one must be refused, and the store must pass its integrity check. A revocation whose answer
did not arrive may have happened or not, but what is seen after the next start has to stay so.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import secrets
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from process import descendants

ADDRESS = "127.0.0.1"
WORKERS = 2
UNAVAILABLE = 503
START_SECONDS = 60.0
END_SECONDS = 10.0
PAGE = 100
CLIENTS = 8
CHECKERS = 4
SHORTEST, LONGEST = 0.2, 1.5
"""How many seconds of changes precede a kill; drawn anew each round."""
REVOKED_SHARE = 0.4


@dataclass(slots=True)
class Promises:
    """What the server has acknowledged.

    Attributes:
        keys: Whole keys, by public id.
        revoked: Public ids whose revocation was acknowledged, or has been seen in force.
        unsure: Public ids whose revocation was asked for, and not answered yet.
        unanswered: Changes that got no answer, or 503, and count as neither done nor undone.
    """

    keys: dict[str, str] = field(default_factory=dict, repr=False)
    revoked: set[str] = field(default_factory=set)
    unsure: set[str] = field(default_factory=set)
    unanswered: int = 0
    _free: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def created(self, key_id: str, key: str) -> None:
        with self._lock:
            self.keys[key_id] = key
            self._free.append(key_id)

    def to_revoke(self) -> str | None:
        """A key that nobody else revokes; in doubt until `was_revoked`."""
        with self._lock:
            if not self._free:
                return None
            chosen = self._free.pop(random.randrange(len(self._free)))
            self.unsure.add(chosen)
            return chosen

    def was_revoked(self, key_id: str) -> None:
        with self._lock:
            self.unsure.discard(key_id)
            self.revoked.add(key_id)

    def is_alive(self, key_id: str) -> None:
        """The revocation that was asked for without an answer did not happen."""
        with self._lock:
            self.unsure.discard(key_id)
            self._free.append(key_id)

    def was_not_answered(self) -> None:
        with self._lock:
            self.unanswered += 1


class Client:
    """One connection to the server."""

    def __init__(self, port: int, key: str) -> None:
        self._connection = http.client.HTTPConnection(ADDRESS, port, timeout=30)
        self._key = key

    def ask(self, method: str, path: str, body: Any = None, *, key: str | None = None) -> tuple[int, Any]:
        """Status and content of the answer, which has arrived whole.

        Raises:
            OSError, http.client.HTTPException: It has not.
        """
        headers = {"X-API-Key": key or self._key}
        sent = None
        if body is not None:
            headers["Content-Type"], sent = "application/json", json.dumps(body)
        self._connection.request(method, path, sent, headers)
        answer = self._connection.getresponse()
        return answer.status, json.loads(answer.read())

    def ask_until_available(self, path: str, *, key: str | None = None) -> tuple[int, Any]:
        """As `ask`, but a server that says that it cannot tell yet is asked again.

        Raises:
            RuntimeError: It goes on saying so.
        """
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            status, answer = self.ask("GET", path, key=key)
            if status != UNAVAILABLE:
                return status, answer
            time.sleep(0.1)
        raise RuntimeError(f"the server stays unavailable: {answer}")

    def close(self) -> None:
        self._connection.close()


class Server:
    """`jobai-server serve` over one data directory; its log grows from start to start."""

    def __init__(self, port: int, key: str, folder: Path) -> None:
        self.port = port
        self.key = key
        self.database = folder / "data" / "keys.sqlite3"
        self._log = folder / "server.log"
        self._environment = {
            "WORKERS": str(WORKERS),
            "JOBAI_ADMIN_KEY": key,
            "JOBAI_DATA_DIRECTORY": str(folder / "data"),
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Return when keys can be asked about; the engine may take longer.

        Raises:
            RuntimeError: It ended, or took too long.
        """
        arguments = [sys.executable, "-m", "jobai_server", "serve", "--host", ADDRESS, "--port", str(self.port)]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                arguments,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **self._environment},
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while self._process.poll() is None and time.monotonic() < deadline:
            if self._answers():
                return
            time.sleep(0.05)
        tail = self._log.read_text(errors="replace")[-4000:]
        raise RuntimeError(f"the server did not start:\n{tail}")

    def kill(self) -> None:
        """End the first process with SIGKILL, and see all others end with it.

        Raises:
            RuntimeError: One of them lives on.
        """
        if self._process is None:
            return
        family = descendants(self._process.pid)
        self._process.kill()
        self._process.wait()
        deadline = time.monotonic() + END_SECONDS
        while left := [process for process in family if _is_running(process)]:
            if time.monotonic() > deadline:
                raise RuntimeError(f"processes outlived the server: {left}")
            time.sleep(0.02)
        self._process = None

    def _answers(self) -> bool:
        client = Client(self.port, self.key)
        try:
            return client.ask("GET", "/api-keys/list?limit=1")[0] == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            client.close()


def main() -> None:
    options = _options()
    promises, faults = Promises(), Counter[str]()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="key-durability-") as folder:
        server = Server(options.port or _free_port(), secrets.token_hex(32), Path(folder))
        try:
            for number in range(1, options.rounds + 1):
                server.start()
                faults += _checked(server, promises)
                seconds = random.uniform(SHORTEST, LONGEST)
                _change_until_killed(server, promises, seconds)
                print(
                    f"round {number}: killed after {seconds:.2f} s; acknowledged so far: {len(promises.keys)} keys, "
                    f"{len(promises.revoked)} revocations; faults: {faults.total()}",
                    file=sys.stderr,
                    flush=True,
                )
            server.start()
            faults += _checked(server, promises)
        finally:
            server.kill()
    print(
        f"{options.rounds} kills in {time.monotonic() - began:.0f} s: {len(promises.keys)} keys and "
        f"{len(promises.revoked)} revocations acknowledged, {promises.unanswered} changes left open"
    )
    for fault in ("acknowledged keys lost", "revoked keys alive", "failed integrity checks"):
        print(f"{fault}: {faults[fault]}")
    sys.exit(1 if faults else 0)


def _change_until_killed(server: Server, promises: Promises, seconds: float) -> None:
    with ThreadPoolExecutor(CLIENTS) as pool:
        changing = [pool.submit(_change, server, promises) for _ in range(CLIENTS)]
        time.sleep(seconds)
        server.kill()
        for each in changing:
            each.result()


def _change(server: Server, promises: Promises) -> None:
    """Create and revoke keys until the server is gone.

    Raises:
        RuntimeError: An answer that a living server should not give.
    """
    client = Client(server.port, server.key)
    try:
        while True:
            key_id = promises.to_revoke() if random.random() < REVOKED_SHARE else None
            if key_id is None:
                status, answer = client.ask("POST", "/api-keys/create", {"name": "durability", "role": "client"})
            else:
                status, answer = client.ask("DELETE", f"/api-keys/revoke/{key_id}")
            if status == UNAVAILABLE:  # a worker that could not read the keys yet, or a store that was too busy
                promises.was_not_answered()
            elif status == 201 and key_id is None:
                promises.created(answer["id"], answer["key"])
            elif status == 200 and key_id is not None:
                promises.was_revoked(key_id)
            else:
                raise RuntimeError(f"not the answer expected: {status} {answer}")
    except (OSError, http.client.HTTPException):
        promises.was_not_answered()
    finally:
        client.close()


def _checked(server: Server, promises: Promises) -> Counter[str]:
    """What does not hold any more."""
    faults: Counter[str] = Counter()
    if not _is_whole(server.database):
        faults["failed integrity checks"] += 1
    listed = _listed(server)
    keys = list(promises.keys.items())
    with ThreadPoolExecutor(CHECKERS) as pool:
        opened = list(
            pool.map(lambda share: _opened(server, share), [keys[start::CHECKERS] for start in range(CHECKERS)])
        )
    for key_id, code in (item for share in opened for item in share.items()):
        is_revoked = code == "api_key_revoked" and listed.get(key_id) == "revoked"
        is_alive = code is None and listed.get(key_id) == "active"
        if key_id in promises.revoked:
            if not is_revoked:
                faults["revoked keys alive"] += 1
        elif key_id in promises.unsure and is_revoked:
            promises.was_revoked(key_id)
        elif not is_alive:
            faults["acknowledged keys lost"] += 1
        elif key_id in promises.unsure:
            promises.is_alive(key_id)
    return faults


def _is_whole(database: Path) -> bool:
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        return bool(connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)])
    finally:
        connection.close()


def _listed(server: Server) -> dict[str, str]:
    """The state of every key, by public id."""
    client = Client(server.port, server.key)
    states: dict[str, str] = {}
    more, after = True, ""
    while more:
        _, page = client.ask_until_available(f"/api-keys/list?limit={PAGE}{after}")
        states.update((each["id"], each["state"]) for each in page["data"])
        more, after = page["has_more"], f"&after={page['last_id']}"
    client.close()
    return states


def _opened(server: Server, keys: list[tuple[str, str]]) -> dict[str, str | None]:
    """What each key is refused with, or None where it opens the door."""
    client = Client(server.port, server.key)
    refused: dict[str, str | None] = {}
    for key_id, key in keys:
        status, answer = client.ask_until_available("/version", key=key)
        refused[key_id] = None if status == 200 else answer["error"]["code"]
    client.close()
    return refused


def _is_running(process: int) -> bool:
    """Whether it exists, and is more than a zombie that waits to be collected."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((ADDRESS, 0))
        port: int = probe.getsockname()[1]
        return port


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--port", type=int, help="a free one if not given")
    return parser.parse_args()


if __name__ == "__main__":
    main()
