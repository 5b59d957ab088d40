"""What is checked in memory on every request."""

from __future__ import annotations

import dataclasses

import pytest

from jobai_server.auth.caller import Caller
from jobai_server.auth.key_record import KeyRecord, Secret
from jobai_server.auth.key_ring import STALE_SECONDS, KeyRing
from jobai_server.auth.pepper import Pepper
from jobai_server.auth.role import Role
from jobai_server.errors import AuthUnavailable, KeyExpired, KeyRevoked, NotAuthenticated

PEPPER = Pepper("p" * 64)


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def steady_clock() -> Clock:
    return Clock()


@pytest.fixture
def ring(clock: Clock, steady_clock: Clock) -> KeyRing:
    ring = KeyRing(PEPPER, clock, steady_clock)
    ring.confirm(1)
    return ring


def record(
    *keys: str,
    id: str = "a" * 12,
    role: Role = "client",
    revision: int = 1,
    expires_at: float | None = None,
    revoked_at: float | None = None,
) -> KeyRecord:
    """A key whose current secret is the last of `keys`; those before it were rotated away at the clock's start."""
    times = [Clock.now] * (len(keys) - 1)
    return KeyRecord(
        caller=Caller(id, "name", role),
        metadata={},
        created_at=0,
        expires_at=expires_at,
        revoked_at=revoked_at,
        from_environment=False,
        revision=revision,
        secrets=tuple(Secret(PEPPER.digest(key), until) for key, until in zip(keys, [*times, None], strict=True)),
    )


def test_only_the_exact_key_opens(ring: KeyRing) -> None:
    ring.apply([record("key one")])
    assert ring.authenticate("key one").key_id == "a" * 12
    for wrong in ("", "key on", "key one ", "KEY ONE", "k", "\udcff"):
        with pytest.raises(NotAuthenticated) as caught:
            ring.authenticate(wrong)
        assert caught.value.code == "invalid_api_key"


def test_keys_that_begin_alike_are_told_apart(ring: KeyRing) -> None:
    ring.apply([record("x" * 60 + "1", id="a" * 12), record("x" * 60 + "2", id="b" * 12)])
    assert ring.authenticate("x" * 60 + "2").key_id == "b" * 12


def test_a_revoked_key_says_so_only_to_who_has_it(ring: KeyRing) -> None:
    ring.apply([record("key", revoked_at=1.0)])
    with pytest.raises(KeyRevoked):
        ring.authenticate("key")


def test_an_expired_key_stays_expired_when_the_clock_goes_back(ring: KeyRing, clock: Clock) -> None:
    ring.apply([record("key", expires_at=clock.now + 10)])
    assert ring.authenticate("key")
    clock.now += 10
    with pytest.raises(KeyExpired):
        ring.authenticate("key")
    clock.now -= 3600
    with pytest.raises(KeyExpired):
        ring.authenticate("key")
    ring.apply([record("key", expires_at=clock.now + 100, revision=2)])  # an administrator gave it more time
    assert ring.authenticate("key")


def test_a_replaced_secret_works_until_its_grace_is_over(ring: KeyRing, clock: Clock) -> None:
    ring.apply([record("old", "new")])
    clock.now -= 1
    assert ring.authenticate("old") == ring.authenticate("new")
    clock.now += 1
    with pytest.raises(KeyExpired):
        ring.authenticate("old")
    assert ring.authenticate("new")


def test_an_older_state_of_a_key_changes_nothing(ring: KeyRing) -> None:
    ring.apply([record("key", revoked_at=1.0, revision=5)])
    ring.apply([record("key", revision=4)])
    with pytest.raises(KeyRevoked):
        ring.authenticate("key")


def test_replace_forgets_what_is_not_there_any_more(ring: KeyRing) -> None:
    ring.apply([record("key")])
    ring.replace([])
    with pytest.raises(NotAuthenticated):
        ring.authenticate("key")


def test_keys_are_honoured_for_a_minute_without_the_store(ring: KeyRing, steady_clock: Clock) -> None:
    ring.apply([record("key")])
    steady_clock.now += STALE_SECONDS
    assert ring.authenticate("key")
    steady_clock.now += 0.001
    for key in ("key", "other"):
        with pytest.raises(AuthUnavailable):
            ring.authenticate(key)
    ring.confirm(1)
    assert ring.authenticate("key")


def test_nobody_gets_in_before_the_keys_are_loaded() -> None:
    with pytest.raises(AuthUnavailable):
        KeyRing(PEPPER).authenticate("key")


def test_a_revocation_the_store_did_not_take_counts_until_the_key_changes(ring: KeyRing) -> None:
    ring.apply([record("key")])
    ring.suspend("a" * 12)
    with pytest.raises(KeyRevoked):
        ring.authenticate("key")
    ring.apply([record("key", revision=2)])
    assert ring.authenticate("key")


def test_the_last_admin_key_cannot_be_suspended(ring: KeyRing) -> None:
    ring.apply([record("one", id="a" * 12, role="admin"), record("two", id="b" * 12, role="admin")])
    ring.suspend("a" * 12)
    ring.suspend("b" * 12)
    ring.suspend("unknown")
    assert ring.authenticate("two")
    with pytest.raises(KeyRevoked):
        ring.authenticate("one")


def test_nothing_prints_a_digest_or_the_pepper() -> None:
    secret = Secret(b"\x01" * 32, None)
    assert "x01" not in f"{secret!r} {dataclasses.replace(record('key'), secrets=(secret,))!r}"
    assert "ppp" not in f"{PEPPER!r} {PEPPER}"
