"""Traces, received by a stand-in for a collector."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from tests.stand_in_engine import StandInEngine
from tests.web.served_app import served_app

from jobai_server.errors import EngineDied
from jobai_server.observability.tracing import tracing

TRACE = "0af7651916cd43dd8448eb211c80319c"


class Collector(ThreadingHTTPServer):
    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Received)
        self.received: list[ExportTraceServiceRequest] = []

    @property
    def spans(self) -> list[Span]:
        return [
            span
            for one in self.received
            for resource in one.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]


class _Received(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        assert self.path == "/v1/traces"
        self.server.received.append(
            ExportTraceServiceRequest.FromString(self.rfile.read(int(self.headers["content-length"])))
        )
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    with Collector() as collector:
        threading.Thread(target=collector.serve_forever, daemon=True).start()
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{collector.server_port}")
        yield collector
        collector.shutdown()


async def test_a_request_is_a_span_in_its_callers_trace(collector: Collector) -> None:
    with tracing("1.2.3") as tracer:
        async with served_app(StandInEngine(), tracer=tracer) as app:
            headers = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}
            reply = await app.client.post(
                "/v1/chat/completions", json={"messages": [{"role": "user", "content": "hi"}]}, headers=headers
            )
    [span] = collector.spans
    attributes = {one.key: one.value.string_value or one.value.int_value for one in span.attributes}
    assert span.name == "POST /v1/chat/completions"
    assert span.trace_id.hex() == TRACE
    assert span.parent_span_id.hex() == "b7ad6b7169203331"
    assert attributes["jobai.request_id"] == reply.headers["x-request-id"]
    assert attributes["gen_ai.usage.output_tokens"] == reply.json()["usage"]["completion_tokens"]
    assert attributes["gen_ai.response.model"] == "stand-in"
    assert attributes["http.response.status_code"] == 200
    resource = {one.key: one.value.string_value for one in collector.received[0].resource_spans[0].resource.attributes}
    assert (resource["service.name"], resource["service.version"]) == ("jobai-server", "1.2.3")


async def test_a_failure_is_marked(collector: Collector) -> None:
    engine = StandInEngine()
    engine.fail_before = EngineDied("gone")
    with tracing("1.2.3") as tracer:
        async with served_app(engine, tracer=tracer) as app:
            assert (await app.chat()).status_code == 503
    [span] = collector.spans
    assert span.status.code == span.status.STATUS_CODE_ERROR
    assert {one.key: one.value.string_value for one in span.attributes}["error.type"] == "engine_restarting"


def test_without_an_endpoint_there_are_no_traces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    with tracing("1.2.3") as tracer:
        assert tracer is None
