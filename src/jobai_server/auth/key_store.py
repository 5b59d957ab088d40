"""Making, changing, revoking and rotating keys: what is returned is durable, and every change has its audit row."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from jobai_server.auth import key_rows
from jobai_server.auth.api_key import is_public_id, new_api_key, new_public_id
from jobai_server.auth.key_change import KeyChange, fields_of
from jobai_server.auth.key_fields import KeyFields
from jobai_server.auth.key_record import KeyRecord
from jobai_server.auth.key_rows import KeyFilter
from jobai_server.auth.pepper import Pepper
from jobai_server.errors import Conflict, PreconditionFailed, UnknownKey
from jobai_server.storage.database import Database


class KeyStore:
    """The keys in the database.

    `actor` is who asks for a change: a key's public id, or someone on the host. `key` is a public id or a whole key.
    Every method raises StoreUnavailable where the database cannot be used, and UnknownKey where there is no such key.
    Those that take `version` raise PreconditionFailed where it is given and the key has another by now.
    """

    def __init__(self, database: Database, pepper: Pepper) -> None:
        self.database = database
        self.pepper = pepper

    async def find(self, key: str) -> KeyRecord:
        async with self.database.reading() as connection:
            return await self._found(connection, key)

    async def list(self, asked: KeyFilter) -> list[KeyRecord]:
        async with self.database.reading() as connection:
            return await key_rows.page(connection, asked, time.time())

    async def create(self, actor: str, fields: KeyFields) -> tuple[KeyRecord, str]:
        """A new key: its record, and the key itself, which nobody can ever see again."""
        key_id = new_public_id()
        key = new_api_key(key_id)
        async with self.changing(actor) as change:
            record = await change.insert(fields, key_id, self.pepper.digest(key))
        return record, key

    async def update(
        self, actor: str, key: str, changes: Mapping[str, Any], *, version: int | None = None
    ) -> KeyRecord:
        """Change some of a key's fields.

        Args:
            changes: Names of KeyFields → new values.

        Raises:
            InvalidRequest: The key would be out of bounds.
            Conflict: It is revoked, or the last admin key (LastAdminKey).
        """
        async with self.changing(actor) as change:
            before = await self._unrevoked(change, key, version)
            record = await change.update(before, replace(fields_of(before), **changes))
        return record  # noqa: RET504 - what is returned has been committed

    async def revoke(self, actor: str, key: str, *, version: int | None = None) -> KeyRecord:
        """End a key for good; one that is already revoked stays as it is.

        Raises:
            LastAdminKey: No lasting admin key would be left.
        """
        async with self.changing(actor) as change:
            before = await self._expected(change, key, version)
            record = await change.revoke(before)
        return record  # noqa: RET504 - what is returned has been committed

    async def rotate(
        self, actor: str, key: str, grace_seconds: float, *, version: int | None = None
    ) -> tuple[KeyRecord, str]:
        """A new secret for a key: its record and the whole new key. The old one works for the grace period.

        Raises:
            Conflict: The key is revoked.
        """
        async with self.changing(actor) as change:
            before = await self._unrevoked(change, key, version)
            new_key = new_api_key(before.id)
            record = await change.replace_secret(before, self.pepper.digest(new_key), grace_seconds)
        return record, new_key

    @asynccontextmanager
    async def changing(self, actor: str) -> AsyncIterator[KeyChange]:
        """A change, durable once the block has been left; an error inside undoes all of it."""
        async with self.database.changing() as connection:
            yield await KeyChange.begun(connection, actor)

    async def _unrevoked(self, change: KeyChange, key: str, version: int | None) -> KeyRecord:
        record = await self._expected(change, key, version)
        if record.revoked_at is not None:
            raise Conflict("The key is revoked, and a revoked key stays as it is.", code="api_key_revoked")
        return record

    async def _expected(self, change: KeyChange, key: str, version: int | None) -> KeyRecord:
        record = await self._found(change.connection, key)
        if version is not None and record.version != version:
            raise PreconditionFailed(f"The key has been changed by someone else; its version is {record.version} now.")
        return record

    async def _found(self, connection: AsyncConnection, key: str) -> KeyRecord:
        if is_public_id(key):
            return await key_rows.record_of(connection, key)
        key_id = await key_rows.id_of_digest(connection, self.pepper.digest(key))
        if key_id is None:
            raise UnknownKey("There is no such API key.")
        return await key_rows.record_of(connection, key_id)
