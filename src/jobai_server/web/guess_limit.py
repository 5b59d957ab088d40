"""A limit on guessing keys, by client address."""

from __future__ import annotations

from fastapi import Request

from jobai_server.auth.limits.local_windows import LocalWindows
from jobai_server.auth.limits.standing import PerMinute
from jobai_server.errors import NotAuthenticated, RateLimited
from jobai_server.web.client_address import ClientAddresses


class GuessLimit:
    """How often one address may present a key that is not valid."""

    def __init__(self, windows: LocalWindows, per_minute: int, addresses: ClientAddresses) -> None:
        self._windows = windows
        self._rule = PerMinute(per_minute, namespace="guesses")
        self._addresses = addresses

    def check(self, request: Request) -> str:
        """The request's address.

        Raises:
            RateLimited: Too many guesses came from there; the key is not even looked at.
        """
        address = self._addresses.of(request.scope)
        wait = self._windows.blocked_seconds(self._rule, address)
        if wait > 0:
            raise RateLimited(
                f"Too many requests with invalid API keys came from your address; try again in {wait:.0f} s.",
                kind="requests",
                retry_seconds=wait,
            )
        return address

    def note(self, address: str, error: NotAuthenticated) -> None:
        """Count a guess. A missing key, or one that was valid once, is none."""
        if type(error) is NotAuthenticated and error.code == NotAuthenticated.code:
            self._windows.hit_now(self._rule, address, 1)
