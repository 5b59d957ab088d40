"""A key as the store holds it, without its secret."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from jobai_server.auth.caller import Caller

KeyState = Literal["active", "expired", "revoked"]

STATES: tuple[KeyState, ...] = get_args(KeyState)


@dataclass(frozen=True, slots=True)
class Secret:
    """One secret of a key, by its digest; one that a rotation replaced is good until `valid_until`."""

    digest: bytes = field(repr=False)
    valid_until: float | None


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """Everything about one key; times are Unix times in seconds.

    Attributes:
        caller: What requests with this key see.
        revision: The store's revision at which it last changed.
        secrets: The current one, and all that rotations replaced.
    """

    caller: Caller
    metadata: Mapping[str, str]
    created_at: float
    expires_at: float | None
    revoked_at: float | None
    from_environment: bool
    revision: int
    secrets: tuple[Secret, ...]

    @property
    def id(self) -> str:
        return self.caller.key_id

    @property
    def version(self) -> int:
        return self.caller.version

    @property
    def is_lasting_admin(self) -> bool:
        """Whether this key alone keeps the server from ever being without an admin key."""
        return self.caller.role == "admin" and self.expires_at is None and self.revoked_at is None

    def state(self, now: float) -> KeyState:
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= now else "active"
