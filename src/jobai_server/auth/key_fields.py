"""What an administrator decides about a key, within bounds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from jobai_server.auth.role import ROLES, Role
from jobai_server.errors import InvalidRequest

MAX_LIMIT = 1_000_000_000
MAX_NAME_LENGTH = 128
MAX_DAYS = 36_500
MAX_MODELS = 100
MAX_MODEL_LENGTH = 256
MAX_METADATA = 16
MAX_METADATA_NAME = 64
MAX_METADATA_VALUE = 512
MAX_GRACE_SECONDS = 30 * 86_400
DEFAULT_GRACE_SECONDS = 3600

LIMITS = ("rate_limit", "tokens_per_minute", "max_concurrent_requests")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFields:
    """The fields of a key that can be given and changed; None is no limit, every model, or no expiry.

    Attributes:
        rate_limit: Requests a minute.
        expires_at: Unix time in seconds.

    Raises:
        InvalidRequest: Naming the first field that is out of bounds.
    """

    name: str
    role: Role = "client"
    rate_limit: int | None = None
    tokens_per_minute: int | None = None
    max_concurrent_requests: int | None = None
    models: tuple[str, ...] | None = None
    expires_at: float | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not _is_text(self.name, MAX_NAME_LENGTH) or not self.name.isprintable():
            raise _refused("name", f"1 to {MAX_NAME_LENGTH} printable characters")
        if self.role not in ROLES:
            raise _refused("role", " or ".join(ROLES))
        for limit in LIMITS:
            value: Any = getattr(self, limit)
            if value is not None and (type(value) is not int or not 1 <= value <= MAX_LIMIT):
                raise _refused(limit, f"a whole number from 1 to {MAX_LIMIT}")
        if self.models is not None and not self._models_are_names():
            raise _refused(
                "models", f"1 to {MAX_MODELS} names of at most {MAX_MODEL_LENGTH} characters, or none for all"
            )
        if not self._metadata_is_text():
            allowed = (
                f"at most {MAX_METADATA} pairs of text, {MAX_METADATA_NAME} and {MAX_METADATA_VALUE} characters long"
            )
            raise _refused("metadata", allowed)
        if self.role == "admin" and self.models is not None:
            # It could lift the restriction itself.
            raise _refused("models", "none for an admin key, which may use every model")

    def _models_are_names(self) -> bool:
        models: Any = self.models
        return (
            isinstance(models, tuple)
            and 1 <= len(models) <= MAX_MODELS
            and all(_is_text(model, MAX_MODEL_LENGTH) for model in models)
        )

    def _metadata_is_text(self) -> bool:
        pairs: Any = self.metadata
        return (
            isinstance(pairs, Mapping)
            and len(pairs) <= MAX_METADATA
            and all(
                _is_text(name, MAX_METADATA_NAME) and (value == "" or _is_text(value, MAX_METADATA_VALUE))
                for name, value in pairs.items()
            )
        )


def _is_text(value: object, longest: int) -> bool:
    """Text that every store takes and every answer can hold."""
    try:
        return isinstance(value, str) and 1 <= len(value) <= longest and b"\x00" not in value.encode()
    except UnicodeEncodeError:
        return False


def expiry(days: float | None, now: float) -> float | None:
    """The Unix time `days` from now, or None for never.

    Raises:
        InvalidRequest: Not a number of days that can be meant.
    """
    if days is None:
        return None
    if type(days) not in (int, float) or not 0 < days <= MAX_DAYS:
        raise _refused("expires_in_days", f"a number above 0 and up to {MAX_DAYS}")
    return now + days * 86_400


def checked_grace(seconds: float) -> float:
    """
    Raises:
        InvalidRequest: Not a grace period that can be meant.
    """
    if not 0 <= seconds <= MAX_GRACE_SECONDS:
        raise _refused("grace_period_seconds", f"a number from 0 to {MAX_GRACE_SECONDS}")
    return seconds


def _refused(param: str, allowed: str) -> InvalidRequest:
    return InvalidRequest(f"Invalid '{param}'; allowed: {allowed}.", param=param)
