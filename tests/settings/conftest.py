"""A clean environment, and a folder to write config files in."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from jobai_server.errors import ConfigurationError
from jobai_server.settings import ServerSettings, Settings, load_settings

Load = Callable[..., Settings]
Refusal = Callable[..., str]


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of the surrounding environment, and an empty working directory."""
    ours = {str(field.validation_alias) for field in ServerSettings.model_fields.values()}
    for name in list(os.environ):
        if name in ours or name.startswith("JOBAI_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Write a config file and load it."""

    def load_text(text: str, name: str = "x.yaml") -> Settings:
        (tmp_path / name).write_text(text, encoding="utf-8")
        return load_settings(config_file=name)

    return load_text


@pytest.fixture
def refusal(load: Load) -> Refusal:
    """The one line with which a config file is refused."""

    def line(text: str, name: str = "x.yaml") -> str:
        with pytest.raises(ConfigurationError) as raised:
            load(text, name)
        assert "\n" not in raised.value.message
        return raised.value.message

    return line
