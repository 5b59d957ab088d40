"""A web worker's view of the keys: checked in memory, changed in the store, in force here at once."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

from jobai_server.auth.api_key import is_public_id, public_id_of
from jobai_server.auth.caller import Caller
from jobai_server.auth.key_fields import KeyFields
from jobai_server.auth.key_follower import KeyFollower
from jobai_server.auth.key_record import KeyRecord
from jobai_server.auth.key_ring import KeyRing
from jobai_server.auth.key_rows import KeyFilter
from jobai_server.auth.key_store import KeyStore
from jobai_server.errors import KeyExpired, KeyRevoked, NotAuthenticated, StoreUnavailable


class Access:
    """Made by `opened`; `follow` must run for as long as it is used. Arguments and errors are those of KeyStore."""

    def __init__(self, store: KeyStore) -> None:
        self.store = store
        self._ring = KeyRing(store.pepper)
        self._follower = KeyFollower(store.database, self._ring)

    @classmethod
    async def opened(cls, store: KeyStore) -> Access:
        """With every key loaded; where the store is out of reach, nobody gets in until `follow` has loaded them."""
        access = cls(store)
        with contextlib.suppress(StoreUnavailable):
            await access._follower.refresh()
        return access

    def authenticate(self, key: str) -> Caller:
        """Whose key this is; touches no database.

        Raises:
            NotAuthenticated, AuthUnavailable: As KeyRing.
        """
        return self._ring.authenticate(key)

    async def authenticate_new(self, key: str) -> Caller:
        """As `authenticate`, but a key of our form that is unknown here may just have been made by another worker."""
        try:
            return self._ring.authenticate(key)
        except NotAuthenticated as error:
            if isinstance(error, KeyExpired | KeyRevoked) or public_id_of(key) is None:
                raise
        with contextlib.suppress(StoreUnavailable):
            await self._follower.catch_up()
        return self._ring.authenticate(key)

    async def follow(self) -> None:
        """Take over what others change, until cancelled."""
        await self._follower.follow()

    async def find(self, key: str) -> KeyRecord:
        return await self.store.find(key)

    async def list(self, asked: KeyFilter) -> list[KeyRecord]:
        return await self.store.list(asked)

    async def create(self, actor: str, fields: KeyFields) -> tuple[KeyRecord, str]:
        record, key = await self.store.create(actor, fields)
        self._ring.apply([record])
        return record, key

    async def update(
        self, actor: str, key: str, changes: Mapping[str, Any], *, version: int | None = None
    ) -> KeyRecord:
        record = await self.store.update(actor, key, changes, version=version)
        self._ring.apply([record])
        return record

    async def revoke(self, actor: str, key: str, *, version: int | None = None) -> KeyRecord:
        try:
            record = await self.store.revoke(actor, key, version=version)
        except StoreUnavailable:
            self._ring.suspend(key if is_public_id(key) else public_id_of(key) or "")
            raise
        self._ring.apply([record])
        return record

    async def rotate(
        self, actor: str, key: str, grace_seconds: float, *, version: int | None = None
    ) -> tuple[KeyRecord, str]:
        record, new_key = await self.store.rotate(actor, key, grace_seconds, version=version)
        self._ring.apply([record])
        return record, new_key

    async def close(self) -> None:
        await self.store.database.close()
