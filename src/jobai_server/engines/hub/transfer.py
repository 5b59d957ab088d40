"""One large file from the hub into the cache, going on where an earlier try stopped."""

from __future__ import annotations

import io
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING
from urllib.parse import urlparse

from huggingface_hub import hf_hub_url
from huggingface_hub.file_download import get_hf_file_metadata, http_get
from huggingface_hub.utils import build_hf_headers

from jobai_server.engines.hub.checksum import damage
from jobai_server.engines.hub.listing import HubFile, HubListing

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class Stopped(Exception):
    """Another file failed, or the operator interrupts."""


def partial_file(listing: HubListing, file: HubFile) -> Path:
    """Where the file grows. huggingface_hub starts over in a new file each time; a shard of 5 GB deserves better."""
    content = listing.content(file)
    return content.with_name(f"{content.name}.incomplete")


def transfer(listing: HubListing, file: HubFile, stop: Event) -> None:
    """Fetch what is missing of the file, check all of it, and only then put it in its place.

    The caller holds the file's lock.

    Raises:
        Stopped: `stop` was set; what has arrived is kept.
        OSError, httpx2.HTTPError: The hub or the disk failed; what has arrived is kept.
    """
    partial = partial_file(listing, file)
    if not _arrived(listing, file, partial, stop) and not _arrived(listing, file, partial, stop):
        raise OSError(f"{file.path} arrived damaged twice; something between here and the hub changes it")
    partial.replace(listing.content(file))


def _arrived(listing: HubListing, file: HubFile, partial: Path, stop: Event) -> bool:
    """Whether the file is whole now; if it is not, the next try begins at its first byte."""
    if partial.exists() and partial.stat().st_size > file.size:
        partial.unlink()
    url = hf_hub_url(listing.model.source, file.path, revision=listing.commit)
    headers = build_hf_headers()
    location = get_hf_file_metadata(url, headers=headers).location
    if urlparse(location).netloc != urlparse(url).netloc:
        headers.pop("authorization", None)  # the token is for the hub, not for the storage it points to
    with _Target(partial, stop) as target:
        http_get(
            location,
            target,
            resume_size=target.tell(),
            headers=headers,
            expected_size=file.size,
            displayed_filename=f"{listing.model.name[0]} {Path(file.path).name}",
        )
    if damage(file, partial) is None:
        return True
    partial.unlink()
    return False


class _Target(io.BufferedWriter):
    """A file to append to, that takes no more once `stop` is set."""

    def __init__(self, path: Path, stop: Event) -> None:
        super().__init__(io.FileIO(path, "ab"))
        self._stop = stop

    def write(self, data: ReadableBuffer, /) -> int:
        if self._stop.is_set():
            raise Stopped
        return super().write(data)
