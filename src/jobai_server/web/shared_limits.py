"""slowapi's limiter over counters that all web workers share.

slowapi's own middleware and decorators are left alone: they write a stream's head again with every chunk, and miss
routes that were included.
"""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager, closing, contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from slowapi import Limiter

from jobai_server.auth.limits.concurrent_requests import ConcurrentRequests
from jobai_server.auth.limits.key_limits import KeyLimits
from jobai_server.auth.limits.local_windows import LocalWindows
from jobai_server.auth.limits.moving_windows import SCHEME
from jobai_server.auth.limits.redis_windows import RedisWindows
from jobai_server.settings import ServerSettings
from jobai_server.web.client_address import ClientAddresses
from jobai_server.web.guess_limit import GuessLimit


class SharedLimits(NamedTuple):
    """The limits of one web worker; all workers of a server count together."""

    keys: KeyLimits
    guesses: GuessLimit


@asynccontextmanager
async def shared_limits(settings: ServerSettings, directory: Path, worker: int) -> AsyncIterator[SharedLimits]:
    """Open the limits of one web worker, to be closed after its last request.

    Args:
        directory: Of this run of the server; takes the counters that its workers share.
        worker: This worker's number, from 0.
    """
    with (
        _local_windows(directory / "keys") as local,
        # A file of its own: a flood of addresses must not push out keys.
        _local_windows(directory / "addresses") as addresses,
        closing(ConcurrentRequests(directory / "concurrent", worker, settings.workers)) as concurrent,
    ):
        allowed, proxies = settings.failed_authentications_per_minute, ClientAddresses(settings.trusted_proxies)
        guesses = GuessLimit(addresses, allowed, proxies)
        if settings.redis_url is None:
            yield SharedLimits(KeyLimits(local, concurrent), guesses)
        else:
            async with aclosing(RedisWindows(settings.redis_url.get_secret_value(), fallback=local)) as windows:
                yield SharedLimits(KeyLimits(windows, concurrent), guesses)


@contextmanager
def _local_windows(path: Path) -> Iterator[LocalWindows]:
    with warnings.catch_warnings(), tempfile.TemporaryDirectory() as nowhere:
        # Without the name of a config file, which need not be there, slowapi would read .env in the current folder.
        warnings.simplefilter("ignore")
        limiter = Limiter(
            key_func=_no_key,
            strategy="moving-window",
            storage_uri=f"{SCHEME}://{quote(str(path))}",
            config_filename=f"{nowhere}/none",
        )
    with closing(limiter.limiter.storage):
        yield LocalWindows(limiter.limiter)


def _no_key() -> str:
    raise AssertionError("keys are named where they are hit")
