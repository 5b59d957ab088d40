"""Reading a model config file into plain data: bounded, no duplicate keys, nothing but what JSON can say."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import yaml

from jobai_server.errors import ConfigurationError

MAX_BYTES = 1 << 20
_MAX_DEPTH = 32
_MAX_VALUES = 20_000
_MAX_MERGED = 1_000
_EXTENSIONS = (".yaml", ".yml", ".json")


def default_path() -> Path:
    """The embedded default: inside an installed package, or beside `src` in a checkout."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "configs" / "embedded.yaml"
    return installed if installed.is_file() else package.parents[1] / "configs" / "embedded.yaml"


def read(path: Path) -> dict[str, Any]:
    """The file's content.

    Raises:
        ConfigurationError: One line that begins with the file as the operator named it.
    """
    text = _text(path)
    try:
        document = _parse_json(text) if path.suffix.lower() == ".json" else yaml.load(text, Loader=_StrictLoader)
        _check_plain(document)
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise ConfigurationError(f"{path}: {line}{_one_line(error.problem or 'not valid YAML')}") from None
    except json.JSONDecodeError as error:
        raise ConfigurationError(f"{path}: line {error.lineno}: {error.msg}") from None
    except (ValueError, yaml.YAMLError) as error:
        raise ConfigurationError(f"{path}: {_one_line(str(error))}") from None
    except (KeyError, AttributeError, TypeError):  # how PyYAML fails over values that are not what their tag says
        raise ConfigurationError(f"{path}: a value does not fit its tag") from None
    except RecursionError:
        raise ConfigurationError(f"{path}: nested too deeply; allowed: {_MAX_DEPTH} levels") from None
    if not isinstance(document, dict):
        raise ConfigurationError(f"{path}: not a model config; it begins with primary_model and its settings")
    return document


def _text(path: Path) -> str:
    if path.suffix.lower() not in _EXTENSIONS:
        raise ConfigurationError(f"{path}: not a config file; allowed: a name that ends in .yaml, .yml or .json")
    try:
        if not path.expanduser().is_file():
            missing = not path.expanduser().exists()
            raise ConfigurationError(f"{path}: {'no such file' if missing else 'not a file'}")
        with path.expanduser().open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except (OSError, RuntimeError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or "cannot be read"
        raise ConfigurationError(f"{path}: {reason[0].lower()}{reason[1:]}") from None
    if len(content) > MAX_BYTES:
        raise ConfigurationError(f"{path}: too large; allowed: {MAX_BYTES} bytes")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigurationError(f"{path}: not UTF-8 text") from None


def _parse_json(text: str) -> Any:
    def without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key, value in pairs:
            if key in result:
                raise ValueError(f"the key {_short(key)} appears twice")
            result[key] = value
        return result

    return json.loads(text, object_pairs_hook=without_duplicates)


class _StrictLoader(yaml.SafeLoader):
    """YAML's plain types, each key once."""

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        super().flatten_mapping(node)
        if len(node.value) > _MAX_MERGED:  # merges of merges of merges multiply
            raise yaml.constructor.ConstructorError(None, None, "too many merged entries", node.start_mark)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    problem = f"the key {_short(key.value)} appears twice"
                    raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
                seen.add(key.value)
        return super().construct_mapping(node, deep)


def _check_plain(document: Any) -> None:
    """Refuse what JSON cannot say, and aliases that make a small file a large or an endless document."""
    pending = [(document, 0)]
    count = 0
    while pending:
        value, depth = pending.pop()
        count += 1
        if depth > _MAX_DEPTH:
            raise ValueError(f"nested too deeply; allowed: {_MAX_DEPTH} levels")
        if count > _MAX_VALUES:
            raise ValueError(f"too many values; allowed: {_MAX_VALUES}")
        if isinstance(value, dict):
            for key in value:
                if not isinstance(key, str):
                    raise ValueError(f"the key {_short(key)} is not text; write it in quotes")
            pending.extend((item, depth + 1) for item in value.values())
        elif isinstance(value, list):
            pending.extend((item, depth + 1) for item in value)
        elif isinstance(value, float) and not math.isfinite(value):
            raise ValueError(f"the value {value} is not a finite number")
        elif not isinstance(value, str | int | float | bool | None):
            raise ValueError(f"the value {_short(value)} is a {type(value).__name__}; write it in quotes")


def _one_line(text: str) -> str:
    return " ".join(text.split())[:200]


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 40 else f"{text[:40]}…"
