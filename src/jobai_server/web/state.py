"""What every route may ask for, made once per web worker."""

from __future__ import annotations

from dataclasses import dataclass, field

from jobai_server.engines.catalog import Catalog
from jobai_server.settings import ServerSettings
from jobai_server.web.in_flight import InFlight


@dataclass(frozen=True, slots=True)
class WebState:
    """`started` is the server's start, Unix time in seconds; `admin_key` the one key that opens every route."""

    settings: ServerSettings
    catalog: Catalog
    admin_key: str = field(repr=False)
    in_flight: InFlight
    started: float
