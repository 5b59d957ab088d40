"""Whose request it is, as the queue needs to know."""

from __future__ import annotations

from jobai_server.auth.caller import Caller
from jobai_server.engines.owner import Owner, Rank
from jobai_server.openai_format.request_model import RequestBody


def owner(caller: Caller, body: RequestBody) -> Owner:
    """Administrators go first; any request may ask to go last, and none to go before its role."""
    if body.service_tier == "flex":
        return Owner(caller.key_id, Rank.FLEX)
    return Owner(caller.key_id, Rank.PRIORITY if caller.role == "admin" else Rank.DEFAULT)


def served_tier(whose: Owner, body: RequestBody) -> str | None:
    """The answer's `service_tier`, where the request has one: what it came to."""
    return None if body.service_tier is None else whose.rank.name.lower()
