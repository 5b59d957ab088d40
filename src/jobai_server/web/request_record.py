"""What log, metrics and trace say about one request once it is over: one line, whatever became of it."""

from __future__ import annotations

import logging
import time
from typing import Any

from starlette.types import Scope

from jobai_server.auth.caller import Caller
from jobai_server.engines.protocol import RequestTimes
from jobai_server.logs import log_fields
from jobai_server.observability import metrics
from jobai_server.observability.tracing import RequestSpan
from jobai_server.web.metering import Meter, route_template

log = logging.getLogger(__name__)

# What probes and scrapers ask for, every few seconds for ever.
ROUTINE = frozenset({"/health", "/health/live", "/health/ready", "/metrics"})
# Names of OpenTelemetry's semantic conventions where it has one.
SPAN_ATTRIBUTES = {
    "request_id": "jobai.request_id",
    "key_id": "jobai.key_id",
    "method": "http.request.method",
    "route": "http.route",
    "status": "http.response.status_code",
    "error": "error.type",
    "model": "gen_ai.response.model",
    "prompt_tokens": "gen_ai.usage.input_tokens",
    "completion_tokens": "gen_ai.usage.output_tokens",
    "queue_ms": "jobai.queue_ms",
    "first_token_ms": "jobai.first_token_ms",
}
HANG_UP = "client_closed_request"
"""What logs call the end of a stream by its client; nobody was refused anything."""
MAX_BODY_CHARACTERS = 16_384
MAX_PATH_CHARACTERS = 256


class RequestRecord:
    """One request, from its head to the end of its answer.

    Attributes:
        request_id: The client's, or one of ours; it is in the answer as X-Request-Id.
        status: Of the answer; 0 until it has one.
    """

    __slots__ = ("_span", "_started", "request_id", "status")

    def __init__(self, request_id: str, span: RequestSpan | None = None) -> None:
        self.request_id = request_id
        self.status = 0
        self._span = span
        self._started = time.monotonic()

    def milliseconds(self) -> int:
        """Since the head."""
        return round(1000 * (time.monotonic() - self._started))

    def close(self, scope: Scope) -> None:
        """The request is over."""
        if (error_code := scope["state"].get("error_code")) and error_code != HANG_UP:
            metrics.REFUSALS.labels(error_code).inc()
        route = route_template(scope)
        routine = route in ROUTINE and self.status < 400
        fields = self._fields(scope, route)
        if self._span:
            fields["trace_id"] = self._span.trace_id
            attributes = {SPAN_ATTRIBUTES[name]: value for name, value in fields.items() if name in SPAN_ATTRIBUTES}
            self._span.end(f"{fields['method']} {route}".strip(), attributes, failed=self.status >= 500)
        if log.isEnabledFor(logging.DEBUG) and (body := scope["state"].get("body")):
            fields["body"] = body[:MAX_BODY_CHARACTERS].decode("utf-8", "replace")
        log_fields(log, logging.DEBUG if routine else logging.INFO, "request", fields)

    def _fields(self, scope: Scope, route: str) -> dict[str, Any]:
        state = scope["state"]
        fields: dict[str, Any] = {"request_id": self.request_id, "method": scope["method"][:16]}
        fields |= {"route": route} if route else {"path": scope["path"][:MAX_PATH_CHARACTERS]}
        fields["status"] = self.status
        caller: Caller | None = state.get("caller")
        if caller is not None:
            fields["key_id"] = caller.key_id
        if error_code := state.get("error_code"):
            fields["error"] = error_code
        meter: Meter | None = state.get("meter")
        if meter is not None:
            fields |= _work(meter)
        fields["total_ms"] = self.milliseconds()
        return fields


def _work(meter: Meter) -> dict[str, Any]:
    """The model, its tokens, and how long the request waited for them."""
    if meter.usage is None:
        return {}
    fields: dict[str, Any] = {
        "model": meter.model,
        "prompt_tokens": meter.usage.prompt_tokens,
        "completion_tokens": meter.usage.completion_tokens,
    }
    times: RequestTimes = meter.times
    if times.queue_seconds is not None:
        fields["queue_ms"] = round(1000 * times.queue_seconds)
    if times.first_token is not None:
        fields["first_token_ms"] = round(1000 * (times.first_token - times.started))
    return fields
