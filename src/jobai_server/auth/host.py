"""Keys from the host itself: what code in this environment and the command line use. No server need be running."""

from __future__ import annotations

import asyncio
import getpass
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TypeVar

from jobai_server.auth.key_fields import KeyFields, expiry
from jobai_server.auth.key_store import KeyStore
from jobai_server.auth.role import Role
from jobai_server.auth.store_opening import prepared_store
from jobai_server.settings import ServerSettings, load_server_settings

Result = TypeVar("Result")


def generate_new_key(
    *,
    name: str,
    role: Role = "client",
    rate_limit: int | None = None,
    tokens_per_minute: int | None = None,
    max_concurrent_requests: int | None = None,
    models: list[str] | str | None = None,
    expires_in_days: float | None = None,
    metadata: dict[str, str] | None = None,
) -> str:
    """Make an API key in this host's store and return it; it cannot be had a second time.

    The store is the one that JOBAI_DATA_DIRECTORY or JOBAI_DATABASE_URL names. A running server takes the key within
    one second. Blocks for some milliseconds; works inside a running event loop too.

    Args:
        name: For people; need not be unique.
        role: admin (everything), client (inference) or monitor (metrics and health).
        rate_limit: Requests a minute; None is no limit, here and below.
        tokens_per_minute: Prompt and completion tokens a minute.
        max_concurrent_requests: Requests at the same time.
        models: Names of the models it may use, or the one name; None is all.
        expires_in_days: None is never.
        metadata: Notes to keep with it.

    Raises:
        InvalidRequest: A value is out of bounds; `param` names it.
        ConfigurationError: The store cannot be opened.
        StoreUnavailable: It did not take the key.
    """
    fields = KeyFields(
        name=name,
        role=role,
        rate_limit=rate_limit,
        tokens_per_minute=tokens_per_minute,
        max_concurrent_requests=max_concurrent_requests,
        models=None if models is None else (models,) if isinstance(models, str) else tuple(models),
        expires_at=expiry(expires_in_days, time.time()),
        metadata=metadata or {},
    )

    async def create(store: KeyStore) -> str:
        _, key = await store.create(host_actor(), fields)
        return key

    return with_host_store(create)


def with_host_store(use: Callable[[KeyStore], Awaitable[Result]], settings: ServerSettings | None = None) -> Result:
    """What `use` makes of this host's store, which is prepared before and closed after.

    Raises:
        ConfigurationError: The store cannot be opened.
    """
    given = settings or load_server_settings()

    async def used() -> Result:
        async with _host_store(given) as store:
            return await use(store)

    # A thread of its own, because this one may already have an event loop.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, used()).result()


def host_actor() -> str:
    """How audit rows name the person at this host's command line."""
    try:
        return f"host user {getpass.getuser()}"
    except (KeyError, OSError):
        return "host user"


@asynccontextmanager
async def _host_store(settings: ServerSettings) -> AsyncIterator[KeyStore]:
    store = await prepared_store(settings)
    try:
        yield store
    finally:
        await store.database.close()
