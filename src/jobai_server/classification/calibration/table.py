"""The table of calibrations as the newest migration leaves it, and how to read it."""

from __future__ import annotations

from sqlalchemy import JSON, Column, ColumnElement, Double, MetaData, RowMapping, String, Table, and_, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from jobai_server.classification.calibration.adjustment import Adjustment
from jobai_server.classification.calibration.record import CalibrationRecord, is_calibration_id
from jobai_server.errors import UnknownCalibration

metadata = MetaData()

calibrations = Table(
    "calibrations",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("owner", String(64), nullable=False, index=True),
    Column("created_at", Double, nullable=False),
    Column("model", String(256), nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("definition", JSON, nullable=False),
    Column("adjustment", JSON, nullable=False),
    Column("report", JSON, nullable=False),
)


def owned_by(owner: str | None) -> ColumnElement[bool]:
    """Calibrations of one key, or of all for None."""
    return true() if owner is None else calibrations.c.owner == owner


async def record_of(connection: AsyncConnection, calibration_id: str, owner: str | None) -> CalibrationRecord:
    """
    Args:
        owner: Whose it must be; None is anybody's.

    Raises:
        UnknownCalibration: There is none of that id for this owner.
    """
    query = select(calibrations).where(calibrations.c.id == calibration_id, owned_by(owner))
    # Other texts are not even asked for: not every text is one to a database.
    row = (await connection.execute(query)).mappings().one_or_none() if is_calibration_id(calibration_id) else None
    if row is None:
        raise UnknownCalibration("There is no calibration of that id.")
    return _record(row)


async def page(
    connection: AsyncConnection, owner: str | None, limit: int, after: str | None
) -> list[CalibrationRecord]:
    """The newest first, from the one after the id `after`.

    Raises:
        UnknownCalibration: `after` is not the id of one of them.
    """
    columns = calibrations.c
    query = select(calibrations).where(owned_by(owner)).order_by(columns.created_at.desc(), columns.id.desc())
    if after is not None:
        last = await record_of(connection, after, owner)
        same_time = and_(columns.created_at == last.created_at, columns.id < last.id)
        query = query.where(or_(columns.created_at < last.created_at, same_time))
    return [_record(row) for row in (await connection.execute(query.limit(limit))).mappings()]


def _record(row: RowMapping) -> CalibrationRecord:
    return CalibrationRecord(**{**row, "adjustment": Adjustment.of_json(row["adjustment"])})
