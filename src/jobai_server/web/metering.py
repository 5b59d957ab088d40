"""One request from its head to its end: what its key may still use, and what it has used when it is over.

Pure ASGI around the whole app, so that it sees the end of every request, streamed, failed or hung up on, without a cost
per token: the tokens are counted anyway, in the request's TokenUsage.
"""

from __future__ import annotations

import math
import time
from collections.abc import Awaitable

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from jobai_server.auth.caller import Caller
from jobai_server.auth.limits.key_limits import KeyLimits, Reservation, too_many_requests, too_many_tokens
from jobai_server.auth.limits.standing import Standing
from jobai_server.auth.usage.usage_counts import UsageCounts, UsageSum
from jobai_server.engines.protocol import RequestTimes
from jobai_server.observability import metrics
from jobai_server.openai_format.identity import TokenUsage
from jobai_server.web.error_responses import CLIENT_CLOSED_REQUEST

RawHeaders = list[tuple[bytes, bytes]]


class Meter:
    """What is known about one request.

    Attributes:
        status: Of the answer; 0 until it has one.
        failed: An error ended the stream.
        times: For the engine to fill in.
    """

    __slots__ = (
        "_caller",
        "_limits",
        "_model",
        "_placed",
        "_requests",
        "_reservation",
        "_tokens",
        "_usage",
        "failed",
        "status",
        "times",
    )

    def __init__(self, limits: KeyLimits) -> None:
        self.status = 0
        self.failed = False
        self.times = RequestTimes()
        self._limits = limits
        self._caller: Caller | None = None
        self._placed = False
        self._requests: Standing | None = None
        self._tokens: Standing | None = None
        self._reservation: Reservation | None = None
        self._model = ""
        self._usage: TokenUsage | None = None

    async def admit(self, caller: Caller) -> None:
        """Count the request.

        Raises:
            RateLimited: It is one too many this minute, or at this moment.
        """
        self._caller = caller
        self._requests = await self._limits.count_request(caller)
        self._tokens = await self._limits.token_standing(caller)
        if self._requests is not None and not self._requests.admitted:
            raise too_many_requests(self._requests)
        self._placed = self._limits.enter(caller)

    async def reserve(self, model: str, usage: TokenUsage, answer_tokens: int) -> None:
        """Say what the request will use, just before it does.

        Args:
            model: The model's own name.
            usage: Counts while the answer is made; its prompt tokens are known.
            answer_tokens: How many all answers together may have.

        Raises:
            RateLimited: That may be more tokens than the key has left.
        """
        assert self._caller is not None, "a route that uses tokens is rate limited"
        self._model = model
        reserved = await self._limits.reserve(self._caller, usage.prompt_tokens + answer_tokens)
        if reserved is not None:
            reservation, self._tokens = reserved
            if not self._tokens.admitted:
                raise too_many_tokens(self._tokens, usage.prompt_tokens, answer_tokens)
            self._reservation = reservation
        self._usage = usage

    def headers(self) -> RawHeaders:
        """OpenAI's rate-limit headers, for the limits the key has."""
        headers: RawHeaders = []
        for kind, standing in ((b"requests", self._requests), (b"tokens", self._tokens)):
            if standing is not None:
                headers += [
                    (b"x-ratelimit-limit-" + kind, b"%d" % standing.limit),
                    (b"x-ratelimit-remaining-" + kind, b"%d" % standing.remaining),
                    (b"x-ratelimit-reset-" + kind, duration(standing.reset_seconds).encode()),
                ]
        return headers

    def close(self) -> UsageSum:
        """The request is over: give back what it holds; what it used."""
        if self._placed and self._caller is not None:
            self._limits.leave(self._caller)
        failed = self.failed or (self.status >= 400 and self.status != CLIENT_CLOSED_REQUEST)
        used = UsageSum(1, int(failed), latency=time.monotonic() - self.times.started)
        if self._usage is not None and (self._usage.completion_tokens or not failed):
            used.prompt_tokens = self._usage.prompt_tokens
            used.completion_tokens = self._usage.completion_tokens
        if self._reservation is not None:
            self._limits.settle(self._reservation, used.prompt_tokens + used.completion_tokens)
        return used

    @property
    def model(self) -> str:
        """The model's own name; empty where the request has not got to one."""
        return self._model

    @property
    def usage(self) -> TokenUsage | None:
        """What it has used so far; None where it has not got to a model."""
        return self._usage


class Metering:
    """Pure ASGI middleware; gives every request a Meter."""

    def __init__(self, app: ASGIApp, limits: KeyLimits, counts: UsageCounts) -> None:
        self._app = app
        self._limits = limits
        self._counts = counts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        meter = Meter(self._limits)
        state = scope["state"]
        state["meter"] = meter

        def send_with_limits(message: Message) -> Awaitable[None]:
            if message["type"] == "http.response.start":
                meter.status = message["status"]
                message["headers"] = [*message.get("headers", ()), *meter.headers()]
            return send(message)

        try:
            await self._app(scope, receive, send_with_limits)
        except BaseException:
            meter.failed = True
            raise
        finally:
            used = meter.close()
            caller: Caller | None = state.get("caller")
            if caller is not None:
                route = route_template(scope)
                self._counts.add(caller.key_id, meter.model, route, used)
                _observe(caller.key_id, meter, route, used)


def _observe(key_id: str, meter: Meter, route: str, used: UsageSum) -> None:
    if not meter.model:
        return
    metrics.TOKENS.labels(key_id, meter.model, "prompt").inc(used.prompt_tokens)
    metrics.TOKENS.labels(key_id, meter.model, "completion").inc(used.completion_tokens)
    times = meter.times
    if times.queue_seconds is not None:
        metrics.QUEUE_SECONDS.labels(meter.model).observe(times.queue_seconds)
    if times.first_token is not None:
        metrics.FIRST_TOKEN_SECONDS.labels(meter.model, route).observe(times.first_token - times.started)


def meter_of(request: Request) -> Meter:
    """The request's meter."""
    meter: Meter = request.scope["state"]["meter"]
    return meter


def duration(seconds: float) -> str:
    """As OpenAI writes it: `120ms`, `1s`, `6m0s`, rounded up."""
    if 0 < seconds < 1:
        return f"{math.ceil(seconds * 1000)}ms"
    whole = math.ceil(seconds)
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}h{minutes}m{whole % 60}s" if hours else f"{minutes}m{whole % 60}s" if minutes else f"{whole}s"


def route_template(scope: Scope) -> str:
    """Such as `/api-keys/{key_id}`; empty where no route is to be found at the path."""
    route = scope.get("route")
    return str(getattr(route, "path", ""))
