"""The first way in: the admin key the operator gave, or one that is made when there is none."""

from __future__ import annotations

import logging

from jobai_server.auth import key_rows
from jobai_server.auth.api_key import new_api_key, new_public_id, public_id_of
from jobai_server.auth.key_change import KeyChange
from jobai_server.auth.key_fields import KeyFields
from jobai_server.auth.key_record import KeyRecord
from jobai_server.auth.key_store import KeyStore
from jobai_server.errors import UnknownKey

log = logging.getLogger(__name__)

ACTOR = "server start"
VARIABLE = "JOBAI_ADMIN_KEY"


async def admit_given_key(store: KeyStore, key: str) -> None:
    """Have the operator's admin key open the door.

    A key that was given earlier in the same way, and is not the same, stops working. One that was revoked, or
    replaced by a rotation, stays so.

    Raises:
        StoreUnavailable: Accordingly.
    """
    digest = store.pepper.digest(key)
    async with store.changing(ACTOR) as change:
        key_id = await key_rows.id_of_digest(change.connection, digest)
        if key_id is not None:
            _warn_of_a_dead_key(await key_rows.record_of(change.connection, key_id), digest)
            return
        earlier = await _earlier_key(change)
        if earlier is None:
            fields = KeyFields(name=VARIABLE, role="admin")
            await change.insert(fields, await _free_id(change, key), digest, from_environment=True)
        else:
            await change.replace_secret(earlier, digest, grace_seconds=0)


async def new_admin_key(store: KeyStore) -> str | None:
    """A first admin key, if there is none that lasts; to be shown once, now.

    Raises:
        StoreUnavailable: Accordingly.
    """
    async with store.changing(ACTOR) as change:
        if await key_rows.lasting_admins(change.connection):
            return None
        key_id = new_public_id()
        key = new_api_key(key_id)
        await change.insert(KeyFields(name="first admin key", role="admin"), key_id, store.pepper.digest(key))
    return key


async def _earlier_key(change: KeyChange) -> KeyRecord | None:
    records = await key_rows.all_records(change.connection)
    # One that was demoted or made to expire is left as it is: its successor must be an admin key again.
    return next((record for record in records if record.from_environment and record.is_lasting_admin), None)


async def _free_id(change: KeyChange, key: str) -> str:
    """The key's own public id where it has the form of our keys, and nobody else has it."""
    key_id = public_id_of(key)
    if key_id is not None:
        try:
            await key_rows.record_of(change.connection, key_id)
        except UnknownKey:
            return key_id
    return new_public_id()


def _warn_of_a_dead_key(record: KeyRecord, digest: bytes) -> None:
    if record.revoked_at is not None:
        log.warning("%s is a key that was revoked; it stays revoked and opens nothing", VARIABLE)
    elif any(secret.digest == digest and secret.valid_until is not None for secret in record.secrets):
        log.warning("%s is a key that was replaced by a rotation; it stays replaced", VARIABLE)
    elif not record.is_lasting_admin:
        log.warning("%s is a key that expires or has not the role admin", VARIABLE)
