"""Requests by route, method and status class: prometheus-fastapi-instrumentator, its labels from closed sets."""

from __future__ import annotations

from functools import cache
from typing import Any

from fastapi import FastAPI
from prometheus_fastapi_instrumentator import Instrumentator, metrics

METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
SECONDS = (0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60)


def install(app: FastAPI) -> None:
    """Count the app's requests; paths without a route count together."""
    Instrumentator(should_group_status_codes=True).add(_counted).instrument(app)


def _counted(info: metrics.Info) -> None:
    if info.method not in METHODS:
        info.method = "other"
    for count in _instrumentations():
        count(info)


@cache  # a process may make several apps, and metrics exist once
def _instrumentations() -> tuple[Any, ...]:
    return (metrics.default(latency_lowr_buckets=SECONDS),)
