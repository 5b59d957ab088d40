"""What may be shown of a key, as plain data for JSON."""

from __future__ import annotations

from typing import Any

from jobai_server.auth.key_record import KeyRecord


def key_object(record: KeyRecord, now: float) -> dict[str, Any]:
    """Everything but the secret; times are whole Unix seconds, as in OpenAI's objects."""
    caller = record.caller
    return {
        "object": "api_key",
        "id": record.id,
        "name": caller.name,
        "role": caller.role,
        "state": record.state(now),
        "rate_limit": caller.rate_limit,
        "tokens_per_minute": caller.tokens_per_minute,
        "max_concurrent_requests": caller.max_concurrent_requests,
        "models": None if caller.models is None else sorted(caller.models),
        "metadata": dict(record.metadata),
        "created_at": int(record.created_at),
        "expires_at": _seconds(record.expires_at),
        "revoked_at": _seconds(record.revoked_at),
        "version": record.version,
    }


def _seconds(time: float | None) -> int | None:
    return None if time is None else int(time)
