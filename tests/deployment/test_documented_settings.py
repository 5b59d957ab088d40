"""docs/configuration.md names every setting there is, with its default, and none there is not."""

from __future__ import annotations

import re

import pytest
from tests.deployment.paths import ROOT

from jobai_server.settings import ModelSettings, ServerSettings
from jobai_server.settings.server import environment_variable

PAGE = (ROOT / "docs" / "configuration.md").read_text()
ROWS = {row[1]: row[2] for row in re.finditer(r"^\| `(\w+)` \|(.*)\|$", PAGE, re.MULTILINE)}
NOT_OURS = {
    *("OTEL_EXPORTER_OTLP_ENDPOINT", "HF_TOKEN", "HF_HOME", "HF_HUB_OFFLINE", "HF_ENDPOINT"),
    *("CUDA_VISIBLE_DEVICES", "TMPDIR", "JOBAI_PLATFORM", "JOBAI_PYTHON"),
}
"""Variables that libraries, the system and scripts/install read."""


def cells(name: str) -> list[str]:
    return [cell.strip() for cell in ROWS[name].split("|")]


def stated_default(cell: str) -> str | None:
    """A cell that is nothing but a value."""
    match = re.fullmatch(r"`([^`]+)`", cell)
    return match[1] if match else None


@pytest.mark.parametrize("field", ServerSettings.model_fields)
def test_every_setting_of_the_server_is_named_with_its_default(field: str) -> None:
    variable = environment_variable(field)
    assert variable in ROWS, f"docs/configuration.md has no row for {variable}"
    if (written := stated_default(cells(variable)[0])) is not None:
        assert getattr(ServerSettings.model_validate({variable: written}), field) == getattr(ServerSettings(), field)


@pytest.mark.parametrize("field", ModelSettings.model_fields)
def test_every_key_of_a_model_is_named_with_its_default(field: str) -> None:
    assert field in ROWS, f"docs/configuration.md has no row for {field}"
    if (written := stated_default(cells(field)[1])) is not None:
        default = ModelSettings.model_fields[field].default
        assert written == (str(default).lower() if isinstance(default, bool) else str(default))


def test_nothing_is_named_that_does_not_exist() -> None:
    variables = {environment_variable(field) for field in ServerSettings.model_fields}
    known = variables | NOT_OURS | set(ModelSettings.model_fields)
    assert set(ROWS) <= known
    assert set(re.findall(r"\bJOBAI_\w*[A-Z]\b", PAGE)) <= known
