"""One change of the store: a transaction that holds the store's revision, and writes its audit rows."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy import insert, or_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from jobai_server.auth import key_rows
from jobai_server.auth.key_fields import KeyFields
from jobai_server.auth.key_record import KeyRecord
from jobai_server.auth.tables import api_keys, key_audit, key_digests, key_store
from jobai_server.errors import LastAdminKey


class KeyChange:
    """Made by `begun`, which waits until every other change is through; `actor` is who asked for it."""

    def __init__(self, connection: AsyncConnection, actor: str, revision: int) -> None:
        self.connection = connection
        self._actor = actor
        self._revision = revision

    @classmethod
    async def begun(cls, connection: AsyncConnection, actor: str) -> KeyChange:
        """A change inside the connection's transaction, which may write."""
        # The row stays locked until the transaction ends: no two changes ever look at the same state.
        taken = update(key_store).values(revision=key_store.c.revision + 1).returning(key_store.c.revision)
        return cls(connection, actor, (await connection.execute(taken)).scalar_one())

    async def insert(
        self, fields: KeyFields, key_id: str, digest: bytes, *, from_environment: bool = False
    ) -> KeyRecord:
        values = column_values(fields)
        row = {
            "id": key_id,
            "created_at": time.time(),
            "from_environment": int(from_environment),
            "version": 1,
            "revision": self._revision,
        }
        await self.connection.execute(insert(api_keys).values(values | row))
        await self.connection.execute(insert(key_digests).values(digest=digest, key_id=key_id))
        given = {name: [None, value] for name, value in values.items() if value not in (None, {})}
        await self._audit("create", key_id, given)
        return await key_rows.record_of(self.connection, key_id)

    async def update(self, before: KeyRecord, new: KeyFields) -> KeyRecord:
        old_values, new_values = column_values(fields_of(before)), column_values(new)
        changes = {name: [old_values[name], value] for name, value in new_values.items() if value != old_values[name]}
        if changes:
            await self._write(before, {name: new_values[name] for name in changes})
            await self._audit("update", before.id, changes)
        return await self._checked(before)

    async def revoke(self, before: KeyRecord) -> KeyRecord:
        if before.revoked_at is None:
            await self._write(before, {"revoked_at": time.time()})
            await self._audit("revoke", before.id, {})
        return await self._checked(before)

    async def replace_secret(self, before: KeyRecord, digest: bytes, grace_seconds: float) -> KeyRecord:
        """From now on this is the key's secret; all earlier ones end with the grace period at the latest."""
        until = time.time() + grace_seconds
        works_longer = or_(key_digests.c.valid_until.is_(None), key_digests.c.valid_until > until)
        await self.connection.execute(
            update(key_digests).where(key_digests.c.key_id == before.id, works_longer).values(valid_until=until)
        )
        await self.connection.execute(insert(key_digests).values(digest=digest, key_id=before.id))
        await self._write(before, {})
        await self._audit("rotate", before.id, {"grace_period_seconds": [None, grace_seconds]})
        return await key_rows.record_of(self.connection, before.id)

    async def _checked(self, before: KeyRecord) -> KeyRecord:
        """The key as it is now.

        Raises:
            LastAdminKey: It was the last admin key that is never going to expire, and is that no more.
        """
        after = await key_rows.record_of(self.connection, before.id)
        is_lost = before.is_lasting_admin and not after.is_lasting_admin
        if is_lost and not await key_rows.lasting_admins(self.connection):
            raise LastAdminKey(
                "This is the last admin key that does not expire: it cannot be revoked, demoted or expired. "
                "Create another first."
            )
        return after

    async def _write(self, before: KeyRecord, values: Mapping[str, Any]) -> None:
        versioned = {**values, "version": before.version + 1, "revision": self._revision}
        await self.connection.execute(update(api_keys).where(api_keys.c.id == before.id).values(versioned))

    async def _audit(self, action: str, key_id: str, changes: Mapping[str, Any]) -> None:
        row = {"at": time.time(), "actor": self._actor, "action": action, "key_id": key_id, "changes": changes}
        await self.connection.execute(insert(key_audit).values(row))


def fields_of(record: KeyRecord) -> KeyFields:
    caller = record.caller
    return KeyFields(
        name=caller.name,
        role=caller.role,
        rate_limit=caller.rate_limit,
        tokens_per_minute=caller.tokens_per_minute,
        max_concurrent_requests=caller.max_concurrent_requests,
        models=None if caller.models is None else tuple(sorted(caller.models)),
        expires_at=record.expires_at,
        metadata=record.metadata,
    )


def column_values(fields: KeyFields) -> dict[str, Any]:
    models = None if fields.models is None else sorted(set(fields.models))
    return asdict(fields) | {"models": models, "metadata": dict(fields.metadata)}
