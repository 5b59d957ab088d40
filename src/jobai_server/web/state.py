"""What every route may ask for, made once per web worker."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from opentelemetry.trace import Tracer

from jobai_server.auth.access import Access
from jobai_server.auth.usage.usage_counts import UsageCounts
from jobai_server.classification.calibration.known import KnownCalibrations
from jobai_server.classification.calibration.store import CalibrationStore
from jobai_server.classification.prior import Priors
from jobai_server.engines.catalog import Catalog
from jobai_server.engines.request_queues import RequestQueues
from jobai_server.settings import ServerSettings
from jobai_server.web.in_flight import InFlight
from jobai_server.web.shared_limits import SharedLimits

SleepOrder = Literal["sleep", "wake"]


@dataclass(frozen=True, slots=True)
class WebState:
    """`started` is the server's start, Unix time in seconds; `access` knows the keys,
    `limits` what they may use up, `usage` what they have used lately, `queues` what waits for each model, `priors`
    what models say of nothing at all, `calibrations` what was fitted to examples; `tracer` is there where traces are
    wanted; `order` asks the supervisor to put an engine to sleep or to wake it."""

    settings: ServerSettings
    catalog: Catalog
    access: Access
    in_flight: InFlight
    started: float
    limits: SharedLimits
    usage: UsageCounts
    queues: RequestQueues
    tracer: Tracer | None = None
    order: Callable[[SleepOrder, str], None] = lambda *_: None
    priors: Priors = field(default_factory=Priors)
    calibrations: KnownCalibrations = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "calibrations", KnownCalibrations(CalibrationStore(self.access.store.database)))
