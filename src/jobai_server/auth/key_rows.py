"""Reading keys out of the tables, inside a transaction somebody else has opened."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from jobai_server.auth.caller import Caller
from jobai_server.auth.key_record import KeyRecord, KeyState, Secret
from jobai_server.auth.role import Role
from jobai_server.auth.tables import api_keys, key_digests, key_store
from jobai_server.errors import UnknownKey


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFilter:
    """Which keys to list: the newest first, at most `limit`, from the one after the id `after`."""

    limit: int = 20
    after: str | None = None
    role: Role | None = None
    state: KeyState | None = None


def news(connection: Connection, known: int) -> tuple[int, list[KeyRecord]]:
    """The store's revision, and every key that changed after the known one; all keys where the known one is later."""
    revision = int(connection.execute(select(key_store.c.revision)).scalar_one())
    if revision == known:
        return revision, []
    # A store that went back in time is a restored backup.
    since = known if revision > known else -1
    return revision, _changed_since(connection, since)


async def all_records(connection: AsyncConnection) -> list[KeyRecord]:
    return await connection.run_sync(_changed_since, -1)


async def record_of(connection: AsyncConnection, key_id: str) -> KeyRecord:
    """
    Raises:
        UnknownKey: There is no such key.
    """
    found = await connection.run_sync(_records, select(api_keys).where(api_keys.c.id == key_id))
    if not found:
        raise UnknownKey("There is no API key of that id.")
    return found[0]


async def id_of_digest(connection: AsyncConnection, digest: bytes) -> str | None:
    """The id of the key that has, or once had, the secret with this digest."""
    query = select(key_digests.c.key_id).where(key_digests.c.digest == digest)
    found: str | None = (await connection.execute(query)).scalar_one_or_none()
    return found


async def page(connection: AsyncConnection, asked: KeyFilter, now: float) -> list[KeyRecord]:
    """
    Raises:
        UnknownKey: `asked.after` is not the id of a key.
    """
    query = select(api_keys).order_by(api_keys.c.created_at.desc(), api_keys.c.id.desc()).limit(asked.limit)
    if asked.role is not None:
        query = query.where(api_keys.c.role == asked.role)
    if asked.state is not None:
        query = query.where(_in_state(asked.state, now))
    if asked.after is not None:
        last = await record_of(connection, asked.after)
        older = api_keys.c.created_at < last.created_at
        query = query.where(or_(older, and_(api_keys.c.created_at == last.created_at, api_keys.c.id < last.id)))
    return await connection.run_sync(_records, query)


async def lasting_admins(connection: AsyncConnection) -> int:
    """How many admin keys there are that are neither revoked nor going to expire."""
    query = select(func.count()).where(
        api_keys.c.role == "admin", api_keys.c.revoked_at.is_(None), api_keys.c.expires_at.is_(None)
    )
    return int((await connection.execute(query)).scalar_one())


def _in_state(state: KeyState, now: float) -> ColumnElement[bool]:
    if state == "revoked":
        return api_keys.c.revoked_at.is_not(None)
    expired = and_(api_keys.c.expires_at.is_not(None), api_keys.c.expires_at <= now)
    return and_(api_keys.c.revoked_at.is_(None), expired if state == "expired" else ~expired)


def _changed_since(connection: Connection, revision: int) -> list[KeyRecord]:
    return _records(connection, select(api_keys).where(api_keys.c.revision > revision))


def _records(connection: Connection, query: Select[Any]) -> list[KeyRecord]:
    rows = connection.execute(query).mappings().all()
    wanted = query.with_only_columns(api_keys.c.id).subquery()
    digests = connection.execute(select(key_digests).join(wanted, wanted.c.id == key_digests.c.key_id))
    secrets: dict[str, list[Secret]] = defaultdict(list)
    for digest in digests.mappings():
        secrets[digest["key_id"]].append(Secret(bytes(digest["digest"]), digest["valid_until"]))
    return [_record(row, tuple(secrets[row["id"]])) for row in rows]


def _record(row: RowMapping, secrets: tuple[Secret, ...]) -> KeyRecord:
    models = row["models"]
    caller = Caller(
        key_id=row["id"],
        name=row["name"],
        role=row["role"],
        rate_limit=row["rate_limit"],
        tokens_per_minute=row["tokens_per_minute"],
        max_concurrent_requests=row["max_concurrent_requests"],
        models=None if models is None else frozenset(models),
        version=row["version"],
    )
    return KeyRecord(
        caller=caller,
        metadata=row["metadata"],
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        revoked_at=row["revoked_at"],
        from_environment=bool(row["from_environment"]),
        revision=row["revision"],
        secrets=secrets,
    )
