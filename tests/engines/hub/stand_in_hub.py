"""A small hub on this machine: the part of the hub's HTTP API that downloads need, with faults to order."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlparse

REPOSITORY = "acme/tiny"
LARGE_BYTES = 10_000  # what the hub keeps outside of git


@dataclass
class StandInHub:
    """What it has, how it misbehaves, and what it was asked.

    Attributes:
        pause: Seconds before each piece of 4 KiB of a large file.
        cut_after: The connection breaks once this many bytes of all large files together were sent; None is never.
        sizes: Declared sizes that are not the true ones, by path.
        token: Where set, files are for this token alone.
        listings_need_token: Whether the listing is refused as well without it.
        broken_copies: Paths whose bytes arrive changed.
        requests: Method, path, and the Range and Authorization headers of every request.
    """

    files: dict[str, bytes]
    url: str = ""
    pause: float = 0.0
    cut_after: int | None = None
    sizes: dict[str, int] = field(default_factory=dict)
    token: str | None = None
    listings_need_token: bool = False
    broken_copies: set[str] = field(default_factory=set)
    requests: list[tuple[str, str, str | None, str | None]] = field(default_factory=list)
    sent: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def commit(self) -> str:
        return hashlib.sha1(b"".join(sorted(self.files.values()))).hexdigest()

    def storage_requests(self, path: str) -> list[str | None]:
        """The Range header of each request for a large file's bytes."""
        wanted = f"/storage/{hashlib.sha256(self.files[path]).hexdigest()}"
        return [range_ for method, asked, range_, _ in self.requests if asked == wanted and method == "GET"]

    def entry(self, path: str) -> dict[str, object]:
        content = self.files[path]
        size = self.sizes.get(path, len(content))
        entry: dict[str, object] = {"size": size, "oid": git_sha1(content)}
        if len(content) >= LARGE_BYTES:
            entry["lfs"] = {"oid": hashlib.sha256(content).hexdigest(), "size": size, "pointerSize": 134}
        return entry


def git_sha1(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


@contextmanager
def stand_in_hub(files: Mapping[str, bytes]) -> Iterator[StandInHub]:
    hub = StandInHub(dict(files))

    class Handler(_Handler):
        pass

    Handler.hub = hub
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    hub.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    hub: StandInHub
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: object) -> None:
        pass

    def _answer(self) -> None:
        path = urlparse(self.path).path
        authorization = self.headers.get("Authorization")
        self.hub.requests.append((self.command, path, self.headers.get("Range"), authorization))
        parts = path.strip("/").split("/")
        allowed = self.hub.token is None or authorization == f"Bearer {self.hub.token}"
        match parts:
            case ["storage", checksum]:
                self._storage(checksum)
            case ["api", "models", owner, name, *rest] if f"{owner}/{name}" == REPOSITORY:
                if not allowed and self.hub.listings_need_token:
                    self._refuse(authorization)
                else:
                    self._listing(rest)
            case [owner, name, "resolve", revision, *rest] if f"{owner}/{name}" == REPOSITORY:
                if allowed:
                    self._resolve(revision, "/".join(rest))
                else:
                    self._refuse(authorization)
            case _:
                self._send(404, b"{}", {"X-Error-Code": "RepoNotFound", "X-Error-Message": "Repository not found"})

    def _refuse(self, authorization: str | None) -> None:
        status = 401 if authorization is None else 403
        self._send(status, b"{}", {"X-Error-Code": "GatedRepo", "X-Error-Message": "Access is restricted"})

    def _known(self, revision: str) -> bool:
        return revision in ("main", self.hub.commit)

    def _listing(self, rest: list[str]) -> None:
        if rest and not self._known(rest[1]):
            self._send(404, b"{}", {"X-Error-Code": "RevisionNotFound", "X-Error-Message": "Invalid rev id"})
        elif rest and rest[0] == "tree":
            tree = [{"type": "file", "path": path} | self.hub.entry(path) for path in self.hub.files]
            self._send(200, json.dumps(tree).encode())
        else:
            siblings = []
            for path in self.hub.files:
                entry = self.hub.entry(path)
                lfs = entry.get("lfs")
                sibling = {"rfilename": path, "size": entry["size"], "blobId": entry["oid"]}
                if isinstance(lfs, dict):
                    sibling["lfs"] = {"sha256": lfs["oid"], "size": lfs["size"], "pointerSize": 134}
                siblings.append(sibling)
            info = {"id": REPOSITORY, "sha": self.hub.commit, "siblings": siblings, "tags": [], "downloads": 0}
            self._send(200, json.dumps(info).encode())

    def _resolve(self, revision: str, path: str) -> None:
        content = self.hub.files.get(path)
        if content is None or not self._known(revision):
            self._send(404, b"", {"X-Error-Code": "EntryNotFound"})
        elif len(content) >= LARGE_BYTES:
            checksum = hashlib.sha256(content).hexdigest()
            linked = {"X-Linked-Etag": f'"{checksum}"', "X-Linked-Size": str(len(content))}
            location = {"Location": f"{self.hub.url.replace('127.0.0.1', 'localhost')}/storage/{checksum}"}
            self._send(302, b"", {"X-Repo-Commit": self.hub.commit, **linked, **location})
        else:
            self._send(200, self._as_sent(path), {"ETag": f'"{git_sha1(content)}"', "X-Repo-Commit": self.hub.commit})

    def _as_sent(self, path: str) -> bytes:
        content = self.hub.files[path]
        return content[:-1] + bytes([content[-1] ^ 1]) if path in self.hub.broken_copies else content

    def _storage(self, checksum: str) -> None:
        [(path, content)] = [
            (path, content)
            for path, content in self.hub.files.items()
            if hashlib.sha256(content).hexdigest() == checksum
        ]
        content = self._as_sent(path)
        wanted = self.headers.get("Range")
        first = int(wanted.removeprefix("bytes=").split("-")[0]) if wanted else 0
        self.send_response(206 if wanted else 200)
        self.send_header("Content-Length", str(len(content) - first))
        if wanted:
            self.send_header("Content-Range", f"bytes {first}-{len(content) - 1}/{len(content)}")
        self.end_headers()
        if self.command == "HEAD":
            return
        for start in range(first, len(content), 4096):
            chunk = content[start : start + 4096]
            time.sleep(self.hub.pause)
            with self.hub.lock:
                if self.hub.cut_after is not None and self.hub.sent + len(chunk) > self.hub.cut_after:
                    self.close_connection = True
                    return
                self.hub.sent += len(chunk)
            self.wfile.write(chunk)

    def _send(self, status: int, content: bytes, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)
