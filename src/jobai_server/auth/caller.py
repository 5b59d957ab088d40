"""Who sent a request, as far as the rest of the server needs to know."""

from __future__ import annotations

from dataclasses import dataclass

from jobai_server.auth.role import Role


@dataclass(frozen=True, slots=True)
class Caller:
    """One API key, as it was when the request came in.

    Attributes:
        key_id: The public id; the same after a rotation.
        name: What the key is called, for people.
        role: What it may be used for.
        rate_limit: Requests a minute, or None for no limit.
        tokens_per_minute: Prompt and completion tokens a minute, or None for no limit.
        max_concurrent_requests: Requests at the same time, or None for no limit.
        models: Names of the models it may use, or None for all.
        version: Grows by one with every change of the key.
    """

    key_id: str
    name: str
    role: Role
    rate_limit: int | None = None
    tokens_per_minute: int | None = None
    max_concurrent_requests: int | None = None
    models: frozenset[str] | None = None
    version: int = 1
