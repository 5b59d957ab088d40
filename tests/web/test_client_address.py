"""Whose request it is, behind proxies and without."""

from __future__ import annotations

from typing import Any

import pytest

from jobai_server.web.client_address import ClientAddresses

OURS = ("10.0.0.0/8", "2001:db8:ffff::/48")


def scope(peer: str | None, *forwarded: str) -> dict[str, Any]:
    headers = [(b"x-forwarded-for", value.encode("latin-1")) for value in forwarded]
    return {"type": "http", "client": None if peer is None else (peer, 4711), "headers": headers}


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("192.0.2.1", (), "192.0.2.1"),
        ("192.0.2.1", ("198.51.100.1",), "192.0.2.1"),  # a stranger says so
        ("10.0.0.1", (), "10.0.0.1"),
        ("10.0.0.1", ("198.51.100.1",), "198.51.100.1"),
        ("10.0.0.1", ("203.0.113.1, 198.51.100.1 ,10.9.9.9",), "198.51.100.1"),
        ("10.0.0.1", ("203.0.113.1", "198.51.100.1"), "198.51.100.1"),  # two header lines are one list
        ("10.0.0.1", ("198.51.100.1:80",), "198.51.100.1"),
        ("10.0.0.1", ("[2001:db8::7]:80",), "2001:db8::/64"),
        ("10.0.0.1", ("10.0.0.2, 10.0.0.3",), "10.0.0.2"),
        ("10.0.0.1", ("198.51.100.1, unknown",), "10.0.0.1"),
        ("10.0.0.1", ("\xff\xfe",), "10.0.0.1"),
        ("10.0.0.1", ("",), "10.0.0.1"),
        ("10.0.0.1", (",".join(["203.0.113.1"] * 10_000),), "203.0.113.1"),
        ("::ffff:10.0.0.1", ("198.51.100.1",), "198.51.100.1"),
        ("2001:db8:ffff::1", ("2001:db8:1:2:3::4",), "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", (), "192.0.2.1"),
        (None, ("198.51.100.1",), "unknown"),
    ],
)
def test_the_client_is_the_nearest_address_that_is_not_ours(
    peer: str | None, forwarded: tuple[str, ...], client: str
) -> None:
    assert ClientAddresses(OURS).of(scope(peer, *forwarded)) == client


def test_without_trusted_proxies_nobody_is_believed() -> None:
    assert ClientAddresses(()).of(scope("10.0.0.1", "198.51.100.1")) == "10.0.0.1"
