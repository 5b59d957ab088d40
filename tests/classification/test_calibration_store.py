"""Calibrations in the database, and what a web worker remembers of them."""

from __future__ import annotations

import asyncio
import time

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from jobai_server.auth.store_opening import attached_store
from jobai_server.classification.calibration import known as known_module
from jobai_server.classification.calibration import store as store_module
from jobai_server.classification.calibration.adjustment import Adjustment
from jobai_server.classification.calibration.known import KnownCalibrations
from jobai_server.classification.calibration.record import CalibrationRecord, new_calibration_id
from jobai_server.classification.calibration.store import CalibrationStore
from jobai_server.classification.calibration.table import metadata
from jobai_server.errors import Conflict, StoreUnavailable, UnknownCalibration
from jobai_server.settings import ServerSettings
from jobai_server.storage.database import Database


def record(owner: str = "owner", created_at: float = 1_800_000_000.25) -> CalibrationRecord:
    return CalibrationRecord(
        id=new_calibration_id(),
        owner=owner,
        created_at=created_at,
        model="stand-in",
        fingerprint="fp_1",
        definition={"categories": [{"name": 'a"é\U0001f600', "description": None}], "multi_label": False},
        adjustment=Adjustment(1.5, (0.1, -0.1), multi_label=False),
        report={"method": "held_out", "before": {"accuracy": 0.5}},
    )


async def test_the_tables_are_what_the_code_takes_them_for(database: Database) -> None:
    async with database.reading() as connection:
        differences = await connection.run_sync(
            lambda sync: compare_metadata(MigrationContext.configure(sync), metadata)
        )
    assert [str(one) for one in differences if "'calibrations'" in str(one)] == []


async def test_what_is_kept_comes_back_and_outlives_the_process(
    store: CalibrationStore, settings: ServerSettings
) -> None:
    kept = record()
    await store.add(kept)
    assert await store.find(kept.id, "owner") == kept
    other = attached_store(settings)
    assert await CalibrationStore(other.database).find(kept.id, None) == kept
    await other.database.close()


async def test_everybody_sees_their_own_and_admins_see_all(store: CalibrationStore) -> None:
    mine, theirs = record("me", 1.0), record("them", 2.0)
    await store.add(mine)
    await store.add(theirs)
    assert await store.list("me", limit=10) == [mine]
    assert await store.list(None, limit=10) == [theirs, mine]
    for attempt in (
        store.find(theirs.id, "me"),
        store.delete(theirs.id, "me"),
        store.list("me", limit=1, after=theirs.id),
    ):
        with pytest.raises(UnknownCalibration):
            await attempt
    await store.delete(theirs.id, None)
    assert await store.list(None, limit=10) == [mine]


async def test_pages_follow_one_another(store: CalibrationStore) -> None:
    records = [record(created_at=float(number // 2)) for number in range(6)]
    for one in records:
        await store.add(one)
    seen: list[str] = []
    while page := await store.list("owner", limit=2, after=seen[-1] if seen else None):
        seen += [one.id for one in page]
    assert sorted(seen) == sorted(one.id for one in records)
    assert len(seen) == 6


async def test_a_key_has_no_more_than_it_may_even_at_once(
    store: CalibrationStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "MAX_PER_KEY", 3)
    done = await asyncio.gather(*(store.add(record()) for _ in range(6)), return_exceptions=True)
    assert sorted(type(one).__name__ for one in done) == ["Conflict"] * 3 + ["NoneType"] * 3
    with pytest.raises(Conflict):
        await store.check_room("owner")
    await store.add(record("another"))
    await store.delete((await store.list("owner", limit=1))[0].id, "owner")
    await store.check_room("owner")


async def test_a_deleted_calibration_is_gone_here_at_once_and_elsewhere_soon(store: CalibrationStore) -> None:
    now = [time.monotonic()]
    here, there = KnownCalibrations(store), KnownCalibrations(store, lambda: now[0])
    kept = record()
    await here.add(kept)
    assert await there.find(kept.id, "owner") == kept
    with pytest.raises(UnknownCalibration):
        await there.find(kept.id, "another")
    await here.delete(kept.id, "owner")
    with pytest.raises(UnknownCalibration):
        await here.find(kept.id, None)
    assert await there.find(kept.id, None) == kept
    now[0] += known_module.FRESH_SECONDS
    with pytest.raises(UnknownCalibration):
        await there.find(kept.id, None)


async def test_a_known_one_is_honoured_for_a_while_without_the_database(
    store: CalibrationStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [time.monotonic()]
    known = KnownCalibrations(store, lambda: now[0])
    kept = record()
    await known.add(kept)

    async def away(*_: object) -> CalibrationRecord:
        raise StoreUnavailable("away")

    monkeypatch.setattr(store, "find", away)
    now[0] += known_module.HONOURED_SECONDS - 1
    assert await known.find(kept.id, "owner") == kept
    with pytest.raises(StoreUnavailable):
        await known.find(new_calibration_id(), None)
    now[0] += 1
    with pytest.raises(StoreUnavailable):
        await known.find(kept.id, "owner")


async def test_no_more_are_remembered_than_there_is_room_for(
    store: CalibrationStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known_module, "MAX_REMEMBERED", 2)
    known = KnownCalibrations(store)
    records = [record() for _ in range(4)]
    for one in records:
        await known.add(one)
    assert len(known._seen) == 2
    assert await known.find(records[0].id, "owner") == records[0]


@pytest.mark.parametrize(
    "text", ["calib_" + "\x00" * 24, "\x00", "calib_\ud800", "", "calib_" + "x" * 200, "' OR 1=1 --"]
)
async def test_no_text_upsets_the_database(store: CalibrationStore, text: str) -> None:
    for attempt in (store.find(text, None), store.delete(text, None), store.list(None, limit=1, after=text)):
        with pytest.raises(UnknownCalibration):
            await attempt
