"""Gauges that are read off the server's state when somebody asks, instead of being kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector


@dataclass(frozen=True, slots=True)
class GaugeDefinition:
    """A metric without a memory. A `counter` only ever grows; its name gets `_total`."""

    name: str
    documentation: str
    labels: tuple[str, ...]
    counter: bool = False


class Reading(NamedTuple):
    """One value of one definition, with its labels' values in order."""

    definition: GaugeDefinition
    labels: tuple[str, ...]
    value: float


ENGINE_STATE = GaugeDefinition("jobai_engine_state", "1 for the state a model is in, 0 for others.", ("model", "state"))
ENGINE_RESTARTS = GaugeDefinition(
    "jobai_engine_restarts", "Times a model's engine was started again since the server's start.", ("model",), True
)
QUEUE_REQUESTS = GaugeDefinition(
    "jobai_queue_requests", "Answers a model has waiting for their turn or running, by state.", ("model", "state")
)
QUEUE_TOKENS = GaugeDefinition(
    "jobai_queue_waiting_tokens", "Tokens that the waiting requests may use, prompts and answers.", ("model",)
)
QUEUE_LIMIT = GaugeDefinition(
    "jobai_queue_limit_requests", "Requests a model accepts at a time; more are turned away.", ("model",)
)
ENGINE_MEMORY = GaugeDefinition(
    "jobai_engine_memory_bytes",
    "Memory of a model's engine: kind used is what its process holds, planned what the memory plan has for it.",
    ("model", "kind"),
)
UPTIME = GaugeDefinition("jobai_uptime_seconds", "Since the server's start.", ())
DISK_FREE = GaugeDefinition(
    "jobai_disk_free_bytes", "Free space where the server keeps its data, the key store among them.", ()
)

READ = (
    ENGINE_STATE,
    ENGINE_RESTARTS,
    QUEUE_REQUESTS,
    QUEUE_TOKENS,
    QUEUE_LIMIT,
    ENGINE_MEMORY,
    UPTIME,
    DISK_FREE,
)


class GaugeCollector(Collector):
    """Asks `readings` whenever the metrics are read."""

    def __init__(self, readings: Callable[[], Iterable[Reading]]) -> None:
        self._readings = readings

    def collect(self) -> Iterator[Metric]:
        families: Mapping[str, GaugeMetricFamily | CounterMetricFamily] = {
            one.name: (CounterMetricFamily if one.counter else GaugeMetricFamily)(
                one.name, one.documentation, labels=one.labels
            )
            for one in READ
        }
        for definition, labels, value in self._readings():
            families[definition.name].add_metric(labels, value)
        yield from (family for family in families.values() if family.samples)
