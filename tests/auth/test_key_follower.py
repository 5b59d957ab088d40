"""What a worker says of a key store that does not answer: in its log only when that lasts, in its metrics at once."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from jobai_server.auth import key_follower
from jobai_server.auth.key_follower import KeyFollower
from jobai_server.auth.key_ring import KeyRing
from jobai_server.auth.pepper import Pepper
from jobai_server.errors import StoreUnavailable
from jobai_server.storage.database import Database

OUT = "key store: out of reach; known keys are honoured for a minute"
BACK = "key store: back"


class ScriptedFollower(KeyFollower):
    """Its looks at the store take time and succeed as scripted.

    Attributes:
        looks: Seconds each look takes, and whether it succeeds.
        ages: What the metrics said of the keys' age before each look.
        now: The time.
    """

    def __init__(self, database: Database, *looks: tuple[float, bool]) -> None:
        self.now = 0.0
        self.ring = KeyRing(Pepper("p" * 40), steady_clock=lambda: self.now)
        super().__init__(database, self.ring, steady_clock=lambda: self.now)
        self.looks = list(looks)
        self.ages: list[float | None] = []

    async def refresh(self, seconds: float = 0) -> None:
        self.ages.append(REGISTRY.get_sample_value("jobai_key_store_age_seconds"))
        if not self.looks:
            raise asyncio.CancelledError
        seconds, succeeds = self.looks.pop(0)
        self.now += seconds
        if not succeeds:
            raise StoreUnavailable("It did not answer.")
        self.ring.confirm(1)


async def followed(tmp_path: Path, *looks: tuple[float, bool]) -> ScriptedFollower:
    follower = ScriptedFollower(Database.at(None, tmp_path), *looks)
    with contextlib.suppress(asyncio.CancelledError):
        await follower.follow()
    return follower


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(key_follower, "POLL_SECONDS", 0)
    caplog.set_level(logging.INFO, key_follower.__name__)


@pytest.mark.parametrize(
    "looks",
    [
        [(1.0, False), (0.1, True)] * 5,
        [(1.0, False), (0.9, False), (0.1, True)] * 5,
        [(9.0, False), (0.1, True)],
    ],
)
async def test_a_late_look_is_not_worth_a_word(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, looks: list[tuple[float, bool]]
) -> None:
    await followed(tmp_path, (0.1, True), *looks)
    assert caplog.messages == []


async def test_a_store_that_stays_away_is_named_once_each_time(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    outage = [(1.0, False)] * 6
    await followed(tmp_path, (0.1, True), *outage, (0.1, True), (0.1, True), *outage, (0.1, True))
    assert caplog.messages == [OUT, BACK, OUT, BACK]
    assert [record.levelname for record in caplog.records] == ["ERROR", "INFO", "ERROR", "INFO"]


async def test_a_store_that_was_never_there_is_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    await followed(tmp_path, *[(1.0, False)] * 6)
    assert caplog.messages == [OUT]


async def test_the_metrics_say_how_old_the_keys_are(tmp_path: Path) -> None:
    follower = await followed(tmp_path, (0.1, True), (1.0, False), (2.0, False), (0.5, True))
    assert follower.ages == [float("inf"), 0.0, 1.0, 3.0, 0.0]
