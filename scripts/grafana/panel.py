"""What a dashboard is made of, and how it looks in Grafana's JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

DATA_SOURCE = {"type": "prometheus", "uid": "prometheus"}
WIDTH = 24
HEIGHT = 8


@dataclass(frozen=True)
class Query:
    """A PromQL expression and the legend of what it gives."""

    expression: str
    legend: str


@dataclass(frozen=True)
class Panel:
    """One picture.

    Attributes:
        unit: Grafana's name for it, such as `s`, `bytes`, `reqps`, `percentunit`.
        kind: `timeseries`, or `stat` for single figures.
        width: In 24ths of the page.
    """

    title: str
    queries: tuple[Query, ...]
    description: str
    unit: str = "short"
    kind: str = "timeseries"
    width: int = 8

    def as_json(self, number: int, x: int, y: int) -> dict[str, Any]:
        panel: dict[str, Any] = {
            "id": number,
            "title": self.title,
            "description": self.description,
            "type": self.kind,
            "datasource": DATA_SOURCE,
            "gridPos": {"x": x, "y": y, "w": self.width, "h": HEIGHT},
            "fieldConfig": {"defaults": {"unit": self.unit, "min": 0}, "overrides": []},
            "targets": [
                {
                    "refId": chr(ord("A") + place),
                    "datasource": DATA_SOURCE,
                    "expr": query.expression,
                    "legendFormat": query.legend,
                    # Of a range, single figures would show what is no more: a state that was left, a key that was busy.
                    **({"instant": True, "range": False} if self.kind == "stat" else {}),
                }
                for place, query in enumerate(self.queries)
            ],
        }
        if self.kind == "stat":
            panel["options"] = {"reduceOptions": {"calcs": ["lastNotNull"]}, "textMode": "value_and_name"}
        else:
            panel["options"] = {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi"}}
        return panel


@dataclass(frozen=True)
class Dashboard:
    """A page.

    Attributes:
        variable: A label the reader can choose values of, `(name, query)`, or None.
    """

    uid: str
    title: str
    panels: tuple[Panel, ...]
    variable: tuple[str, str] | None = None

    def as_json(self) -> dict[str, Any]:
        panels = []
        x = y = 0
        for number, panel in enumerate(self.panels, start=1):
            if x + panel.width > WIDTH:
                x, y = 0, y + HEIGHT
            panels.append(panel.as_json(number, x, y))
            x += panel.width
        return {
            "uid": self.uid,
            "title": self.title,
            "tags": ["jobai-server"],
            "schemaVersion": 39,
            "editable": True,
            "refresh": "30s",
            "time": {"from": "now-1h", "to": "now"},
            "timezone": "browser",
            "annotations": {"list": []},
            "templating": {"list": [_variable(*self.variable)] if self.variable else []},
            "panels": panels,
        }


def _variable(name: str, query: str) -> dict[str, Any]:
    return {
        "name": name,
        "label": name.replace("_", " "),
        "type": "query",
        "datasource": DATA_SOURCE,
        "query": {"query": query, "refId": name},
        "refresh": 2,
        "includeAll": True,
        "multi": True,
        "allValue": ".*",
        "current": {"text": "All", "value": "$__all"},
    }
