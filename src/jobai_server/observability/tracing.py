"""Traces: one OpenTelemetry span a request, sent where OTEL_EXPORTER_OTLP_ENDPOINT says, by OTLP over HTTP.

The variables are those of the OpenTelemetry specification, and its SDK is what reads them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from opentelemetry.propagate import extract
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer, format_trace_id

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
AttributeValue = str | int | float


@contextmanager
def tracing(version: str) -> Iterator[Tracer | None]:
    """A tracer until the block ends, when what is left is sent; None where no endpoint is set.

    Args:
        version: Ours, for the spans' resource.
    """
    if not any(os.environ.get(name) for name in ENDPOINTS):
        yield None
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    name = os.environ.get("OTEL_SERVICE_NAME", "jobai-server")
    provider = TracerProvider(resource=Resource.create({"service.name": name, "service.version": version}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    try:
        yield provider.get_tracer("jobai_server")
    finally:
        provider.shutdown()


class RequestSpan:
    """The span of one request, part of the caller's trace where its `traceparent` header names one."""

    def __init__(self, tracer: Tracer, headers: Mapping[str, str]) -> None:
        self._span: Span = tracer.start_span("request", extract(headers), SpanKind.SERVER)

    @property
    def trace_id(self) -> str:
        return format_trace_id(self._span.get_span_context().trace_id)

    def end(self, name: str, attributes: Mapping[str, AttributeValue], *, failed: bool) -> None:
        """
        Args:
            name: Method and route.
            failed: The server is to blame for the outcome.
        """
        self._span.update_name(name)
        self._span.set_attributes(attributes)
        if failed:
            self._span.set_status(Status(StatusCode.ERROR))
        self._span.end()
