"""The dashboards against the models that Grafana's own SDK generates from its schemas."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from enum import Enum
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.cog.runtime import panelcfg_config
from grafana_foundation_sdk.models.dashboard import Dashboard
from pydantic import ConfigDict, TypeAdapter, ValidationError
from tests.deployment.paths import ROOT

DASHBOARDS = sorted((ROOT / "deploy/grafana/dashboards").glob("*.json"))
CONFIG = ConfigDict(arbitrary_types_allowed=True, strict=True)


def unknown(written: Any, kept: Any, place: str) -> Iterator[str]:
    """Fields that the models let fall when they read them."""
    if isinstance(written, dict):
        for name, value in written.items():
            yield from unknown(value, kept[name], f"{place}.{name}") if name in kept else (f"{place}.{name}",)
    elif isinstance(written, list):
        for index, (one, other) in enumerate(zip(written, kept, strict=True)):
            yield from unknown(one, other, f"{place}[{index}]")
    elif written != kept:
        yield place


def mistyped(found: Any, place: str) -> Iterator[str]:
    """Fields whose value is not of the models' type, which the models themselves do not look at."""
    if isinstance(found, list):
        for index, one in enumerate(found):
            yield from mistyped(one, f"{place}[{index}]")
    elif isinstance(found, dict):
        for name, one in found.items():
            yield from mistyped(one, f"{place}.{name}")
    elif type(found).__module__.startswith("grafana_foundation_sdk") and not isinstance(found, Enum):
        for name, hint in get_type_hints(type(found)).items():
            value = getattr(found, name)
            if not _fits(hint, value):
                yield f"{place}.{name}"
            yield from mistyped(value, f"{place}.{name}")


def _fits(hint: Any, value: Any) -> bool:
    kind: TypeAdapter[Any] = TypeAdapter(hint, config=CONFIG)
    try:
        if isinstance(value, str | int):  # members of enumerations are told by their values, in JSON alone
            kind.validate_json(json.dumps(value))
        else:
            kind.validate_python(value)
    except ValidationError:
        return False
    return True


def problems(document: dict[str, Any]) -> list[str]:
    register_default_plugins()
    dashboard = Dashboard.from_json(document)
    kept = json.loads(json.dumps(dashboard, cls=JSONEncoder))
    kinds = [one["type"] for one in document["panels"] if panelcfg_config(one["type"]) is None]
    return [*unknown(document, kept, ""), *mistyped(dashboard, ""), *kinds]


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_every_field_is_grafanas(path: Path) -> None:
    assert problems(json.loads(path.read_text())) == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda dashboard: dashboard.update(schemaVersion="39"),
        lambda dashboard: dashboard["panels"][1]["gridPos"].update(depth=3),
        lambda dashboard: dashboard["panels"][1].update(type="time-series"),
    ],
    ids=["a number as text", "an unknown field", "a panel of no kind"],
)
def test_a_dashboard_that_grafana_would_not_understand_is_found(spoil: Callable[[dict[str, Any]], None]) -> None:
    document = copy.deepcopy(json.loads((ROOT / "deploy/grafana/dashboards/overview.json").read_text()))
    spoil(document)
    assert problems(document)
