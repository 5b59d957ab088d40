"""Keys in the store, over SQLite and over Postgres alike."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from sqlalchemy import select

from jobai_server.auth.access import Access
from jobai_server.auth.api_key import new_api_key
from jobai_server.auth.key_fields import KeyFields
from jobai_server.auth.key_follower import KeyFollower
from jobai_server.auth.key_record import KeyState
from jobai_server.auth.key_ring import KeyRing
from jobai_server.auth.key_rows import KeyFilter
from jobai_server.auth.key_store import KeyStore
from jobai_server.auth.role import Role
from jobai_server.auth.store_opening import prepared_store
from jobai_server.auth.tables import key_audit
from jobai_server.errors import (
    Conflict,
    InvalidRequest,
    KeyRevoked,
    LastAdminKey,
    NotAuthenticated,
    PreconditionFailed,
    UnknownKey,
)
from jobai_server.settings import ServerSettings

ACTOR = "tester"


async def admin(store: KeyStore, **fields: Any) -> str:
    record, _ = await store.create(ACTOR, KeyFields(name="admin", role="admin", **fields))
    return record.id


async def client(store: KeyStore, **fields: Any) -> str:
    record, _ = await store.create(ACTOR, KeyFields(**({"name": "client"} | fields)))
    return record.id


async def audit(store: KeyStore) -> list[tuple[str, str, str, Any]]:
    async with store.database.reading() as connection:
        rows = (await connection.execute(select(key_audit).order_by(key_audit.c.id))).mappings().all()
    assert all(abs(row["at"] - time.time()) < 60 for row in rows)
    return [(row["actor"], row["action"], row["key_id"], row["changes"]) for row in rows]


async def test_a_key_is_found_by_its_id_and_by_itself(store: KeyStore) -> None:
    fields = KeyFields(
        name="x'); DROP TABLE api_keys;-- \N{GRINNING FACE}",
        rate_limit=5,
        tokens_per_minute=10**9,
        max_concurrent_requests=1,
        models=("b", "a"),
        expires_at=4e9,
        metadata={"team": "search"},
    )
    record, key = await store.create(ACTOR, fields)
    for name in (record.id, key):
        found = await store.find(name)
        assert found == record
        assert found.caller.name == fields.name
        assert found.caller.models == frozenset({"a", "b"})
        assert (found.caller.rate_limit, found.caller.tokens_per_minute, found.expires_at) == (5, 10**9, 4e9)
        assert (dict(found.metadata), found.version) == ({"team": "search"}, 1)
    for unknown in (key[:-1], key + "x", "a" * 12, "", "\x00", "' OR '1'='1"):
        with pytest.raises(UnknownKey):
            await store.find(unknown)


async def test_an_update_changes_what_is_given_and_nothing_else(store: KeyStore) -> None:
    key_id = await client(store, rate_limit=5, models=("a",))
    record = await store.update(ACTOR, key_id, {"models": None, "tokens_per_minute": 7})
    assert (record.caller.rate_limit, record.caller.tokens_per_minute, record.caller.models) == (5, 7, None)
    assert (record.caller.name, record.version) == ("client", 2)
    assert await store.update(ACTOR, key_id, {"tokens_per_minute": 7}) == record  # nothing changed, nothing counted
    with pytest.raises(InvalidRequest, match="rate_limit"):
        await store.update(ACTOR, key_id, {"rate_limit": 0})
    assert await store.find(key_id) == record


async def test_a_version_that_is_not_the_newest_is_refused(store: KeyStore) -> None:
    key_id = await client(store)
    await store.update(ACTOR, key_id, {"name": "two"}, version=1)
    for change in (
        store.update(ACTOR, key_id, {"name": "three"}, version=1),
        store.revoke(ACTOR, key_id, version=1),
        store.rotate(ACTOR, key_id, 0, version=3),
    ):
        with pytest.raises(PreconditionFailed):
            await change
    record = await store.find(key_id)
    assert (record.caller.name, record.version, record.revoked_at) == ("two", 2, None)


async def test_of_two_who_change_one_version_one_wins(store: KeyStore) -> None:
    key_id = await client(store)
    results = await asyncio.gather(
        *(store.update(ACTOR, key_id, {"name": f"by {number}"}, version=1) for number in range(4)),
        return_exceptions=True,
    )
    assert sum(isinstance(result, PreconditionFailed) for result in results) == 3
    assert (await store.find(key_id)).version == 2


async def test_a_revoked_key_stays_as_it_is(store: KeyStore) -> None:
    key_id = await client(store)
    record = await store.revoke(ACTOR, key_id)
    assert record.revoked_at is not None
    assert await store.revoke(ACTOR, key_id) == record
    with pytest.raises(Conflict):
        await store.update(ACTOR, key_id, {"name": "again"})
    with pytest.raises(Conflict):
        await store.rotate(ACTOR, key_id, 0)


async def test_the_last_admin_key_stays(store: KeyStore) -> None:
    last = await admin(store)
    await admin(store, expires_at=time.time() + 100)  # one that ends by itself is no substitute
    for change in (
        store.revoke(ACTOR, last),
        store.update(ACTOR, last, {"role": "client"}),
        store.update(ACTOR, last, {"expires_at": time.time() + 1e6}),
    ):
        with pytest.raises(LastAdminKey):
            await change
    record = await store.find(last)
    assert (record.version, record.is_lasting_admin) == (1, True)
    await store.rotate(ACTOR, last, 0)  # that it may
    await admin(store)
    assert (await store.revoke(ACTOR, last)).revoked_at is not None


async def test_two_who_revoke_the_last_two_admin_keys_at_once_leave_one(store: KeyStore) -> None:
    keys = [await admin(store) for _ in range(2)]
    results = await asyncio.gather(*(store.revoke(ACTOR, key) for key in keys), return_exceptions=True)
    assert sum(isinstance(result, LastAdminKey) for result in results) == 1


async def test_every_change_has_its_audit_row_and_no_refused_one(store: KeyStore) -> None:
    await admin(store)
    before = len(await audit(store))
    record, key = await store.create("someone", KeyFields(name="a", rate_limit=3))
    await store.update("someone else", key, {"name": "b", "rate_limit": None})
    _, new_key = await store.rotate(ACTOR, record.id, 60)
    await store.revoke(ACTOR, record.id)
    await store.revoke(ACTOR, record.id)
    with pytest.raises(Conflict):
        await store.update(ACTOR, record.id, {"name": "c"})
    rows = (await audit(store))[before:]
    assert rows == [
        ("someone", "create", record.id, {"name": [None, "a"], "role": [None, "client"], "rate_limit": [None, 3]}),
        ("someone else", "update", record.id, {"name": ["a", "b"], "rate_limit": [3, None]}),
        (ACTOR, "rotate", record.id, {"grace_period_seconds": [None, 60]}),
        (ACTOR, "revoke", record.id, {}),
    ]
    assert key not in str(rows)
    assert new_key not in str(rows)


@pytest.mark.parametrize("state", ["active", "expired", "revoked"])
@pytest.mark.parametrize("role", [None, "client", "monitor"])
async def test_lists_are_filtered_and_paged(store: KeyStore, state: KeyState, role: Role | None) -> None:
    expected = []
    for number in range(4):
        for kind in ("client", "monitor"):
            active = await client(store, role=kind, name=f"{number}")
            expired = await client(store, role=kind, expires_at=time.time() - 1)
            revoked = (await store.revoke(ACTOR, await client(store, role=kind))).id
            if role in (None, kind):
                expected.append({"active": active, "expired": expired, "revoked": revoked}[state])
    found: list[str] = []
    while page := await store.list(KeyFilter(limit=3, after=found[-1] if found else None, role=role, state=state)):
        assert len(page) <= 3
        found += [record.id for record in page]
    assert found == expected[::-1]
    with pytest.raises(UnknownKey):
        await store.list(KeyFilter(after="0" * 12))


async def test_a_rotation_ends_all_earlier_secrets_with_its_grace(store: KeyStore) -> None:
    ring = KeyRing(store.pepper)
    record, first = await store.create(ACTOR, KeyFields(name="a"))
    _, second = await store.rotate(ACTOR, record.id, 3600)
    rotated, third = await store.rotate(ACTOR, record.id, 0)
    ring.apply([rotated])
    ring.confirm(rotated.revision)
    assert ring.authenticate(third).key_id == record.id
    for ended in (first, second):
        with pytest.raises(NotAuthenticated):
            ring.authenticate(ended)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "a\udcff"),
        ("name", 5),
        ("rate_limit", True),
        ("rate_limit", 1.5),
        ("models", ()),
        ("models", (1,)),
        ("models", ("",)),
        ("models", ("m\udcff",)),
        ("models", ("x" * 257,)),
        ("models", ("m",) * 101),
        ("metadata", {"a": 1}),
        ("metadata", {"a": None}),
        ("metadata", {"a": "\udcff"}),
        ("metadata", {"a": "x" * 513}),
        ("metadata", {"x" * 65: "a"}),
        ("metadata", {str(number): "" for number in range(17)}),
    ],
)
def test_fields_are_bounded_wherever_they_come_from(field: str, value: Any) -> None:
    with pytest.raises(InvalidRequest) as refused:
        KeyFields(**({"name": "a"} | {field: value}))
    assert refused.value.param == field


async def test_a_key_that_another_process_has_just_made_opens_at_once(
    store: KeyStore, settings: ServerSettings
) -> None:
    access = await Access.opened(store)  # and nothing follows the store
    other = await prepared_store(settings)
    try:
        _, key = await other.create(ACTOR, KeyFields(name="a"))
        with pytest.raises(NotAuthenticated):
            access.authenticate(key)
        assert (await access.authenticate_new(key)).name == "a"
        await other.revoke(ACTOR, key)
        await other.create(ACTOR, KeyFields(name="admin", role="admin"))
        with pytest.raises(NotAuthenticated):
            await access.authenticate_new(new_api_key("0" * 12))
        with pytest.raises(KeyRevoked):
            await access.authenticate_new(key)
    finally:
        await other.database.close()


async def test_a_ring_follows_what_other_processes_change(store: KeyStore, settings: ServerSettings) -> None:
    ring = KeyRing(store.pepper)
    follower = KeyFollower(store.database, ring)
    await follower.refresh()
    following = asyncio.create_task(follower.follow())
    other = await prepared_store(settings)
    try:
        record, key = await other.create(ACTOR, KeyFields(name="a"))
        await _soon(lambda: ring.authenticate(key).name == "a")
        await other.update(ACTOR, key, {"name": "b"})
        await _soon(lambda: ring.authenticate(key).name == "b")
        _, new_key = await other.rotate(ACTOR, key, 0)
        await _soon(lambda: _is_refused(ring, key, NotAuthenticated))
        assert ring.authenticate(new_key).key_id == record.id
        await other.revoke(ACTOR, record.id)
        await _soon(lambda: _is_refused(ring, new_key, KeyRevoked))
    finally:
        following.cancel()
        await other.database.close()


async def test_a_ring_is_kept_up_to_date_by_a_busy_worker(store: KeyStore) -> None:
    _, key = await store.create(ACTOR, KeyFields(name="a"))
    ring = KeyRing(store.pepper)

    async def be_busy() -> None:
        while True:
            time.sleep(0.1)  # noqa: ASYNC251 - as hundreds of streams would
            await asyncio.sleep(0)

    busy = asyncio.create_task(be_busy())
    try:
        await KeyFollower(store.database, ring).refresh()
    finally:
        busy.cancel()
    assert ring.authenticate(key).name == "a"


async def _soon(reached: Any) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            if reached():
                return
        except NotAuthenticated:
            pass
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


def _is_refused(ring: KeyRing, key: str, error: type[Exception]) -> bool:
    try:
        ring.authenticate(key)
    except error:
        return True
    return False
