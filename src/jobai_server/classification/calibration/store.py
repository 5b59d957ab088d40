"""Keeping calibrations: what is returned is durable."""

from __future__ import annotations

from sqlalchemy import delete, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from jobai_server.classification.calibration import table
from jobai_server.classification.calibration.record import CalibrationRecord
from jobai_server.classification.calibration.table import calibrations, owned_by
from jobai_server.errors import Conflict
from jobai_server.storage.database import Database

MAX_PER_KEY = 100


class CalibrationStore:
    """The calibrations in the database.

    `owner` is whose calibrations are looked at: a key's public id, or None for those of all keys.
    Every method raises StoreUnavailable where the database cannot be used.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, record: CalibrationRecord) -> None:
        """
        Raises:
            Conflict: Its owner has as many as a key may have.
        """
        async with self._database.changing() as connection:
            if not self._database.is_sqlite:  # which lets in one writer at a time anyway
                lock = text("SELECT pg_advisory_xact_lock(hashtext('calibrations'), hashtext(:owner))")
                await connection.execute(lock, {"owner": record.owner})
            await _check_room(connection, record.owner)
            row = {name: getattr(record, name) for name in record.__slots__}
            await connection.execute(insert(calibrations).values(row | {"adjustment": record.adjustment.as_json()}))

    async def check_room(self, owner: str) -> None:
        """
        Raises:
            Conflict: As `add` would.
        """
        async with self._database.reading() as connection:
            await _check_room(connection, owner)

    async def find(self, calibration_id: str, owner: str | None) -> CalibrationRecord:
        """
        Raises:
            UnknownCalibration: There is none of that id, or it is somebody else's.
        """
        async with self._database.reading() as connection:
            return await table.record_of(connection, calibration_id, owner)

    async def list(self, owner: str | None, *, limit: int, after: str | None = None) -> list[CalibrationRecord]:
        """The newest first, at most `limit`, from the one after the id `after`.

        Raises:
            UnknownCalibration: `after` is none of them.
        """
        async with self._database.reading() as connection:
            return await table.page(connection, owner, limit, after)

    async def delete(self, calibration_id: str, owner: str | None) -> None:
        """
        Raises:
            UnknownCalibration: As `find`.
        """
        async with self._database.changing() as connection:
            await table.record_of(connection, calibration_id, owner)
            await connection.execute(delete(calibrations).where(calibrations.c.id == calibration_id))


async def _check_room(connection: AsyncConnection, owner: str) -> None:
    count = select(func.count()).where(owned_by(owner)).select_from(calibrations)
    if int((await connection.execute(count)).scalar_one()) >= MAX_PER_KEY:
        raise Conflict(
            f"This API key has {MAX_PER_KEY} calibrations, as many as one may have; delete one that is not used.",
            code="too_many_calibrations",
        )
