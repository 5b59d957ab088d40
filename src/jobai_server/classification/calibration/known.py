"""A web worker's view of the calibrations: remembered for a moment, since they never change, only go."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

from jobai_server.classification.calibration.record import CalibrationRecord
from jobai_server.classification.calibration.store import CalibrationStore
from jobai_server.errors import StoreUnavailable, UnknownCalibration

# How long a deleted calibration may go on working in other workers.
FRESH_SECONDS = 5.0
# How long a known one goes on working while the database is out of reach; as keys do.
HONOURED_SECONDS = 60.0
MAX_REMEMBERED = 1000


class KnownCalibrations:
    """Made once per worker. Arguments and errors are those of CalibrationStore."""

    def __init__(self, store: CalibrationStore, clock: Callable[[], float] = time.monotonic) -> None:
        self.store = store
        self._clock = clock
        self._seen: OrderedDict[str, tuple[float, CalibrationRecord]] = OrderedDict()

    async def find(self, calibration_id: str, owner: str | None) -> CalibrationRecord:
        """As the store's; one that was just made by another worker is found at once."""
        now = self._clock()
        seen_at, record = self._seen.get(calibration_id, (now - HONOURED_SECONDS, None))
        if record is None or now - seen_at >= FRESH_SECONDS:
            try:
                record = await self.store.find(calibration_id, None)
                self._remember(record, now)
            except UnknownCalibration:
                self._seen.pop(calibration_id, None)
                raise
            except StoreUnavailable:
                if record is None or now - seen_at >= HONOURED_SECONDS:
                    raise
        if owner not in (None, record.owner):
            raise UnknownCalibration("There is no calibration of that id.")
        return record

    async def add(self, record: CalibrationRecord) -> None:
        await self.store.add(record)
        self._remember(record, self._clock())

    async def delete(self, calibration_id: str, owner: str | None) -> None:
        await self.store.delete(calibration_id, owner)
        self._seen.pop(calibration_id, None)

    def _remember(self, record: CalibrationRecord, now: float) -> None:
        self._seen[record.id] = (now, record)
        self._seen.move_to_end(record.id)
        if len(self._seen) > MAX_REMEMBERED:
            self._seen.popitem(last=False)
