"""All keys in memory: what a web worker checks every request against, without a database."""

from __future__ import annotations

import hmac
import logging
import math
import time
from collections.abc import Callable, Iterable

from jobai_server.auth.caller import Caller
from jobai_server.auth.key_record import KeyRecord, Secret
from jobai_server.auth.pepper import Pepper
from jobai_server.errors import AuthUnavailable, KeyExpired, KeyRevoked, NotAuthenticated

log = logging.getLogger(__name__)

STALE_SECONDS = 60.0
_NOBODY = Secret(bytes(32), None)


class KeyRing:
    """Which keys open the door at the moment.

    Args:
        clock: Unix time in seconds: what expiry goes by.
        steady_clock: Seconds that only ever go forward: what the age of our knowledge goes by.
    """

    def __init__(
        self,
        pepper: Pepper,
        clock: Callable[[], float] = time.time,
        steady_clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.revision = -1
        self._pepper = pepper
        self._clock = clock
        self._steady_clock = steady_clock
        self._confirmed_at: float | None = None
        self._records: dict[str, KeyRecord] = {}
        self._by_digest: dict[bytes, tuple[Secret, KeyRecord]] = {}
        # Expiries once seen to have passed; a clock that is set back brings nothing back to life.
        self._passed: set[tuple[str, float]] = set()
        # Revocations that the store did not take.
        self._suspended: set[str] = set()

    def authenticate(self, key: str) -> Caller:
        """Whose key this is.

        Raises:
            NotAuthenticated: Nobody's; or, as KeyExpired or KeyRevoked, nobody's any more.
            AuthUnavailable: It has been too long since the store was last heard of.
        """
        digest = self._pepper.digest(key)
        secret, record = self._by_digest.get(digest, (_NOBODY, None))
        # Nothing to be learnt from the time this takes: a guess changes the digest in ways its maker cannot know.
        matches = hmac.compare_digest(secret.digest, digest)
        self._check_freshness()
        if record is None or not matches:
            raise NotAuthenticated("The API key is not valid.")
        if record.revoked_at is not None or record.id in self._suspended:
            raise KeyRevoked("The API key has been revoked.")
        if self._is_past(record.id, record.expires_at):
            raise KeyExpired("The API key has expired.")
        if self._is_past(record.id, secret.valid_until):
            raise KeyExpired("The API key has been rotated, and the time in which the old one worked is over.")
        return record.caller

    def apply(self, records: Iterable[KeyRecord]) -> None:
        """Take over keys as they are now; what is older than what is known is passed over."""
        for record in records:
            known = self._records.get(record.id)
            if known is not None and known.revision > record.revision:
                continue
            for secret in known.secrets if known else ():
                self._by_digest.pop(secret.digest, None)
            self._records[record.id] = record
            self._by_digest.update((secret.digest, (secret, record)) for secret in record.secrets)
            self._suspended.discard(record.id)

    def replace(self, records: Iterable[KeyRecord]) -> None:
        """Forget everything but these keys."""
        self._records.clear()
        self._by_digest.clear()
        self.apply(records)

    def confirm(self, revision: int) -> None:
        """The store has just been heard of, and all that is known is as of this revision."""
        self.revision = revision
        self._confirmed_at = self._steady_clock()

    @property
    def age_seconds(self) -> float:
        """Since the store was last heard of; infinite if it never was."""
        return math.inf if self._confirmed_at is None else self._steady_clock() - self._confirmed_at

    def suspend(self, key_id: str) -> None:
        """Refuse a key that should be revoked though the store did not take it; the last admin key stays."""
        record = self._records.get(key_id)
        others = (other for other in self._records.values() if other.id not in (key_id, *self._suspended))
        if record is None or (record.is_lasting_admin and not any(other.is_lasting_admin for other in others)):
            return
        self._suspended.add(key_id)
        log.error("key %s: could not be revoked in the store; refused by this process until it changes", key_id)

    def _check_freshness(self) -> None:
        if self.age_seconds > STALE_SECONDS:
            raise AuthUnavailable("API keys cannot be checked at the moment.")

    def _is_past(self, key_id: str, at: float | None) -> bool:
        if at is None:
            return False
        if (key_id, at) in self._passed:
            return True
        if at > self._clock():
            return False
        self._passed.add((key_id, at))
        return True
