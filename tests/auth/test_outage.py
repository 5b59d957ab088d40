"""A database that is slow or away: keys go on working from memory, changes are refused, and it all comes back."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Iterator

import psutil
import pytest
from pydantic import SecretStr
from tests.postgres import Cluster

from jobai_server.auth.access import Access
from jobai_server.auth.key_fields import KeyFields
from jobai_server.auth.store_opening import attached_store, prepared_store
from jobai_server.errors import AuthUnavailable, KeyRevoked, StoreUnavailable
from jobai_server.settings import ServerSettings
from jobai_server.storage import database


@pytest.fixture
def settings(postgres: Cluster, tmp_path_factory: pytest.TempPathFactory) -> ServerSettings:
    url = SecretStr(postgres.new_database())
    return ServerSettings(data_directory=tmp_path_factory.mktemp("data"), database_url=url)


@pytest.fixture
async def access(settings: ServerSettings, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Access]:
    monkeypatch.setattr(database, "DEADLINE_SECONDS", 1.0)
    access = await Access.opened(await prepared_store(settings))
    following = asyncio.create_task(access.follow())
    yield access
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    await access.close()


@contextlib.contextmanager
def paused(postgres: Cluster) -> Iterator[None]:
    """Postgres stands still: connections open, and nothing is ever answered."""
    family = [postgres.process, *psutil.Process(postgres.process.pid).children(recursive=True)]
    for process in family:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        for process in family:
            with contextlib.suppress(psutil.NoSuchProcess):  # one of Postgres's own, that was on its way out
                process.send_signal(signal.SIGCONT)


async def test_a_database_that_stands_still_holds_up_nobody(postgres: Cluster, access: Access) -> None:
    kept, key = await access.create("tester", KeyFields(name="a"))
    doomed, other_key = await access.create("tester", KeyFields(name="b"))
    lags: list[float] = []
    watching = asyncio.create_task(_watch(lags))
    with paused(postgres):
        async with asyncio.timeout(15):
            for change in (
                access.create("tester", KeyFields(name="c")),
                access.update("tester", kept.id, {"name": "d"}),
                access.revoke("tester", doomed.id),
                access.find(kept.id),
            ):
                with pytest.raises(StoreUnavailable):
                    await change
        assert access.authenticate(key).name == "a"
        with pytest.raises(KeyRevoked):
            access.authenticate(other_key)
    watching.cancel()
    assert max(lags) < 2.0  # waiting for the database happens beside the event loop
    async with asyncio.timeout(20):
        while True:
            with contextlib.suppress(StoreUnavailable):
                await access.create("tester", KeyFields(name="e"))
                break


async def test_a_worker_that_starts_without_the_database_waits_for_it(
    postgres: Cluster, settings: ServerSettings
) -> None:
    store = await prepared_store(settings)
    _, key = await store.create("tester", KeyFields(name="a"))
    await store.database.close()
    with paused(postgres):
        late = await Access.opened(attached_store(settings))
        with pytest.raises(AuthUnavailable):
            late.authenticate(key)
    following = asyncio.create_task(late.follow())
    async with asyncio.timeout(20):
        while True:
            with contextlib.suppress(AuthUnavailable):
                late.authenticate(key)
                break
            await asyncio.sleep(0.05)
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    await late.close()


async def _watch(lags: list[float]) -> None:
    loop = asyncio.get_running_loop()
    while True:
        started = loop.time()
        await asyncio.sleep(0.01)
        lags.append(loop.time() - started - 0.01)
