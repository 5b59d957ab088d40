"""The table of what keys have used, and how to add to it and read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from sqlalchemy import BigInteger, Column, ColumnElement, Double, String, Table, and_, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from jobai_server.auth.tables import metadata
from jobai_server.auth.usage.usage_counts import UsageSlot, UsageSum

MAX_ROWS = 10_000

key_usage = Table(
    "key_usage",
    metadata,
    Column("key_id", String(64), primary_key=True),
    Column("hour", BigInteger, primary_key=True, autoincrement=False),
    Column("model", String(256), primary_key=True),
    Column("route", String(256), primary_key=True),
    Column("requests", BigInteger, nullable=False),
    Column("errors", BigInteger, nullable=False),
    Column("prompt_tokens", BigInteger, nullable=False),
    Column("completion_tokens", BigInteger, nullable=False),
    Column("latency", Double, nullable=False),
)

SUMS = ("requests", "errors", "prompt_tokens", "completion_tokens", "latency")


async def add_usage(connection: AsyncConnection, sums: Mapping[UsageSlot, UsageSum]) -> None:
    """Add sums to what is there, so that any number of workers may."""
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    statement = insert(key_usage)
    statement = statement.on_conflict_do_update(
        index_elements=list(key_usage.primary_key.columns),
        set_={name: key_usage.c[name] + statement.excluded[name] for name in SUMS},
    )
    # In one order for all workers: two that lock the same rows in different orders would lock each other out.
    await connection.execute(statement, [slot._asdict() | asdict(sums[slot]) for slot in sorted(sums)])


async def read_usage(
    connection: AsyncConnection, key_id: str, start: int, end: int
) -> Sequence[tuple[UsageSlot, UsageSum]]:
    """One key's sums of the hours that begin in `start <= hour < end`, Unix times; the first MAX_ROWS, in order."""
    statement = (
        select(key_usage)
        .where(_of(key_id, start, end))
        .order_by(key_usage.c.hour, key_usage.c.model, key_usage.c.route)
        .limit(MAX_ROWS)
    )
    rows = (await connection.execute(statement)).mappings().all()
    return [
        (
            UsageSlot(row["key_id"], row["model"], row["route"], row["hour"]),
            UsageSum(**{name: row[name] for name in SUMS}),
        )
        for row in rows
    ]


async def total_usage(connection: AsyncConnection, key_id: str, start: int, end: int) -> UsageSum:
    """All that `read_usage` would give without a limit, in one."""
    sums = [func.coalesce(func.sum(key_usage.c[name]), 0) for name in SUMS]
    row = (await connection.execute(select(*sums).where(_of(key_id, start, end)))).one()
    requests, errors, prompt_tokens, completion_tokens, latency = row
    # Postgres adds integers up to decimals.
    return UsageSum(int(requests), int(errors), int(prompt_tokens), int(completion_tokens), float(latency))


def _of(key_id: str, start: int, end: int) -> ColumnElement[bool]:
    return and_(key_usage.c.key_id == key_id, key_usage.c.hour >= start, key_usage.c.hour < end)
