"""Checksums as the hub makes them."""

from __future__ import annotations

import hashlib
from pathlib import Path

from jobai_server.engines.hub.listing import HubFile

CHUNK_BYTES = 4 << 20


def damage(file: HubFile, path: Path) -> str | None:
    """What is wrong with the file at `path`, read in full, or None.

    Raises:
        OSError: It cannot be read.
    """
    if not path.is_file():
        return "missing"
    size = path.stat().st_size
    if size != file.size:
        return f"size is {size:,} bytes instead of {file.size:,}"
    actual = _checksum(file, path)
    if actual != file.checksum:
        return f"{'SHA-256' if file.large else 'git SHA-1'} is {actual} instead of {file.checksum}"
    return None


def _checksum(file: HubFile, path: Path) -> str:
    # The checksum of a small file is the one git has for it: over a head with its length, then its bytes.
    digest = hashlib.sha256() if file.large else hashlib.sha1(b"blob %d\0" % file.size, usedforsecurity=False)
    with path.open("rb") as content:
        while chunk := content.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()
