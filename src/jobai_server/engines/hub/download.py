"""Brings models from the hub onto this machine: only what is missing, resumed where it stopped, checked."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from threading import Event

from filelock import Timeout
from huggingface_hub import constants, snapshot_download
from huggingface_hub.utils import WeakFileLock

from jobai_server.engines.hub.checksum import damage
from jobai_server.engines.hub.listing import HubFile, HubListing
from jobai_server.engines.hub.refusals import HUB_ERRORS, refusal
from jobai_server.engines.hub.transfer import Stopped, partial_file, transfer
from jobai_server.engines.sizes import GIB
from jobai_server.errors import ConfigurationError

log = logging.getLogger(__name__)

CONNECTIONS = 4
LOOK_SECONDS = 0.5

Part = tuple[HubListing, HubFile]


def download(listings: Sequence[HubListing], *, check: bool) -> None:
    """Have every listed file in the cache. What an interrupted download has left is used by the next one.

    Args:
        check: Whether files that are there already are read in full, and fetched again where they are damaged.

    Raises:
        ConfigurationError: The disk has no room for all, and nothing was fetched; or a file could not be had.
    """
    missing = {listing.content(file): (listing, file) for listing, file in _missing(listings, check)}
    _check_space(list(missing.values()))
    for listing in listings:
        _announce(listing, [file for of, file in missing.values() if of is listing])
    large = [(listing, file) for listing, file in missing.values() if file.large]
    stop = Event()
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        fetches = [pool.submit(_fetch, listing, file, stop) for listing, file in large]
        try:
            for fetch in fetches:
                fetch.result()
        except BaseException:
            stop.set()
            raise
    for listing in listings:
        _link(listing)


def _missing(listings: Sequence[HubListing], check: bool) -> Iterator[Part]:
    for listing in listings:
        for file in listing.files:
            path = listing.content(file)
            if check and path.exists() and damage(file, path):
                path.unlink()
            if not path.exists():
                yield listing, file


def _announce(listing: HubListing, missing: Sequence[HubFile]) -> None:
    if missing:
        size = sum(file.size for file in missing) / GIB
        log.info("%s: downloading %d files, %.1f GiB", listing.model.name[0], len(missing), size)


def _check_space(missing: Sequence[Part]) -> None:
    if not missing:
        return
    needed = 0
    for listing, file in missing:
        partial = partial_file(listing, file)
        needed += max(0, file.size - (partial.stat().st_size if partial.exists() else 0))
    cache = Path(constants.HF_HUB_CACHE).absolute()
    free = shutil.disk_usage(next(folder for folder in (cache, *cache.parents) if folder.exists())).free
    if needed > free:
        names = ", ".join(dict.fromkeys(listing.model.name[0] for listing, _ in missing))
        raise ConfigurationError(
            f"Not enough disk space for {names}: {needed / GIB:.1f} GiB are to be downloaded to {cache}, "
            f"where {free / GIB:.1f} GiB are free; make room, or set HF_HOME to a larger disk."
        )


def _fetch(listing: HubListing, file: HubFile, stop: Event) -> None:
    if stop.is_set():
        return
    content, lock = listing.content(file), listing.lock(file)
    try:
        content.parent.mkdir(parents=True, exist_ok=True)
        lock.parent.mkdir(parents=True, exist_ok=True)
        with ExitStack() as held:
            _take(lock, held, stop)
            if not content.exists():  # another server may have been faster
                transfer(listing, file, stop)
    except Stopped:
        return
    except HUB_ERRORS as error:
        stop.set()
        raise refusal(listing.model, error) from error


def _take(lock: Path, held: ExitStack, stop: Event) -> None:
    """Wait for another process's download.

    Raises:
        Stopped: Told to, meanwhile.
    """
    while not stop.is_set():
        try:
            held.enter_context(WeakFileLock(lock, timeout=LOOK_SECONDS))
        except Timeout:
            continue
        return
    raise Stopped


def _link(listing: HubListing) -> None:
    """Complete the snapshot, small files included, and only then let the model's revision mean this commit."""
    try:
        snapshot_download(
            listing.model.source, revision=listing.commit, allow_patterns=[file.path for file in listing.files]
        )
        for file in listing.files:
            if not file.large and damage(file, listing.content(file)):
                listing.content(file).unlink()
                raise OSError(f"{file.path} arrived damaged")
        if listing.reference is not None:
            listing.reference.parent.mkdir(parents=True, exist_ok=True)
            unfinished = listing.reference.with_name(f"{listing.reference.name}.{os.getpid()}.incomplete")
            unfinished.write_text(listing.commit)
            unfinished.replace(listing.reference)
    except HUB_ERRORS as error:
        raise refusal(listing.model, error) from error
