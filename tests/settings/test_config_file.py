from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from jobai_server.errors import ConfigurationError
from jobai_server.settings import Settings, config_file, load_settings

Load = Callable[..., Settings]
Refusal = Callable[..., str]


@pytest.mark.parametrize("name", ["x.yaml", "x.YML", "x.json"])
def test_json_is_read_under_every_extension(load: Load, name: str) -> None:
    assert load('{"primary_model": {"name": "a", "source": "o/r"}}', name).models.primary_model.source == "o/r"


@pytest.mark.parametrize("name", ["x.yaml", "x.json"])
def test_byte_order_mark_is_accepted(load: Load, name: str) -> None:
    assert load('\ufeff{"primary_model": {"name": "a", "source": "o/r"}}', name).models.primary_model.name == ("a",)


MERGE_BOMB = "a: &a0 {k: 1}\n" + "".join(
    f"b{level}: &a{level} {{<<: [{', '.join([f'*a{level - 1}'] * 20)}]}}\n" for level in range(1, 9)
)


def test_merged_entries_may_override(load: Load) -> None:
    text = "primary_model: &p {name: a, source: o/r}\nclassification_model: {<<: *p, name: b}"
    assert list(load(text).models.text_engines()) == ["a", "b"]


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("x.yaml", "a: 1\na: 2", "line 2: the key a appears twice"),
        ("x.yaml", "a:\n  b: 1\n  b: 2", "line 3: the key b appears twice"),
        ("x.yaml", MERGE_BOMB, "line 4: too many merged entries"),
        ("x.yaml", "a: !!bool x", "a value does not fit its tag"),
        ("x.yaml", "a: !!timestamp x", "a value does not fit its tag"),
        ("x.yaml", "a: [", "line 1: expected the node content, but found '<stream end>'"),
        ("x.yaml", "", "not a model config; it begins with primary_model and its settings"),
        ("x.yaml", "- a", "not a model config; it begins with primary_model and its settings"),
        ("x.yaml", "1: a", "the key 1 is not text; write it in quotes"),
        ("x.yaml", "a: 2020-01-01", "the value 2020-01-01 is a date; write it in quotes"),
        ("x.yaml", "a: .inf", "the value inf is not a finite number"),
        ("x.yaml", "a: &a [*a]", "nested too deeply; allowed: 32 levels"),
        ("x.yaml", "a: " + "[" * 5000, "nested too deeply; allowed: 32 levels"),
        (
            "x.yaml",
            "a: !!python/name:os.system",
            "line 1: could not determine a constructor for the tag 'tag:yaml.org,2002:python/name:os.system'",
        ),
        ("x.yaml", "a: \x00", "unacceptable character #x0000: special characters are not allowed"),
        ("x.yaml", "#" * (1 << 20) + "\n", "too large; allowed: 1048576 bytes"),
        ("x.json", '{"a": 1, "a": 2}', "the key a appears twice"),
        ("x.json", '{"a": 1', "line 1: Expecting ',' delimiter"),
        ("x.json", '{"a": NaN}', "the value nan is not a finite number"),
        ("x.json", "[" * 100_000, "nested too deeply; allowed: 32 levels"),
    ],
)
def test_refused_files(refusal: Refusal, name: str, text: str, line: str) -> None:
    message = refusal(text, name)
    assert message.startswith(f"{name}: {line}")
    assert len(message) < 300


def test_aliases_cannot_blow_a_file_up(refusal: Refusal) -> None:
    levels = "".join(f"l{level}: &l{level} [{', '.join([f'*l{level - 1}'] * 9)}]\n" for level in range(1, 12))
    assert refusal("l0: &l0 [1]\n" + levels) == "x.yaml: too many values; allowed: 20000"


def test_not_utf8(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_bytes(b"a: \xff")
    with pytest.raises(ConfigurationError, match=r"^x\.yaml: not UTF-8 text$"):
        load_settings(config_file="x.yaml")


def test_folder(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").mkdir()
    with pytest.raises(ConfigurationError, match=r"^x\.yaml: not a file$"):
        load_settings(config_file="x.yaml")


def test_unreadable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    (tmp_path / "x.yaml").touch()
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(ConfigurationError, match=r"^x\.yaml: permission denied$"):
        load_settings(config_file="x.yaml")


def test_home_is_expanded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "x.yaml").write_text("primary_model: {name: a, source: ./weights}")
    monkeypatch.setenv("HOME", str(home))
    assert load_settings(config_file="~/x.yaml").models.primary_model.source == str(home / "weights")


def test_default_is_found_in_an_installed_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed = tmp_path / "site-packages" / "jobai_server"
    (installed / "configs").mkdir(parents=True)
    (installed / "configs" / "embedded.yaml").touch()
    monkeypatch.setattr(config_file, "__file__", str(installed / "settings" / "config_file.py"))
    assert config_file.default_path() == installed / "configs" / "embedded.yaml"
