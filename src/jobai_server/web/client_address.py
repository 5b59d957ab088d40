"""Where a request comes from, proxies in between looked through only if they are ours."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from functools import lru_cache

from starlette.datastructures import Headers
from starlette.types import Scope

IPV6_PREFIX = 64
"""One subscriber's network: a limit on single IPv6 addresses would be none."""
MAX_HOPS = 16

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class ClientAddresses:
    """Tells the client of a request.

    Args:
        trusted: Networks whose X-Forwarded-For is believed; the header of everybody else is ignored.
    """

    def __init__(self, trusted: Sequence[str]) -> None:
        self._trusted = tuple(ipaddress.ip_network(network, strict=False) for network in trusted)

    def of(self, scope: Scope) -> str:
        """The nearest address that is not one of our proxies; for IPv6 its network."""
        peer = scope["client"][0] if scope.get("client") else ""
        if not self._trusted:
            return _name(peer)
        address = _parsed(peer)
        if address is None or not self._trusts(address):
            return _name(peer)
        forwarded = ",".join(Headers(scope=scope).getlist("x-forwarded-for"))
        for hop in reversed(forwarded.split(",")[-MAX_HOPS:]):
            nearer = _parsed(_without_port(hop.strip()))
            if nearer is None:
                break
            address = nearer
            if not self._trusts(address):
                break
        return _name(str(address))

    def _trusts(self, address: Address) -> bool:
        return any(address in network for network in self._trusted)


@lru_cache(maxsize=4096)
def _name(text: str) -> str:
    address = _parsed(text)
    if address is None:
        return "unknown"
    if address.version == 4:
        return str(address)
    return str(ipaddress.ip_network((address, IPV6_PREFIX), strict=False))


def _parsed(text: str) -> Address | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _without_port(hop: str) -> str:
    """Some proxies write `1.2.3.4:567` or `[::1]:567`."""
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop
