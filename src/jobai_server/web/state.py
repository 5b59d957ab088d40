"""What every route may ask for, made once per web worker."""

from __future__ import annotations

from dataclasses import dataclass

from jobai_server.auth.access import Access
from jobai_server.auth.usage.usage_counts import UsageCounts
from jobai_server.engines.catalog import Catalog
from jobai_server.settings import ServerSettings
from jobai_server.web.in_flight import InFlight
from jobai_server.web.shared_limits import SharedLimits


@dataclass(frozen=True, slots=True)
class WebState:
    """`started` is the server's start, Unix time in seconds; `access` knows the keys,
    `limits` what they may use up, `usage` what they have used lately."""

    settings: ServerSettings
    catalog: Catalog
    access: Access
    in_flight: InFlight
    started: float
    limits: SharedLimits
    usage: UsageCounts
