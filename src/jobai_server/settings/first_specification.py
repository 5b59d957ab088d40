"""Model entries in the style of the first specification, which was written for llama.cpp, in today's terms."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

from jobai_server.errors import ConfigurationError
from jobai_server.settings.model import ROLES, ModelSettings
from jobai_server.settings.problems import shortened
from jobai_server.settings.source import absolute, is_hub

_MARKS = frozenset({"model_name", "model_type", "model_path", "model_url"})
_MEANINGLESS = ("device", "n_gpu_layers", "use_mlock", "stream_output")
_RENAMED = {"n_ctx": "context_length", "max_batch_size": "max_num_seqs", "n_batch": "max_num_batched_tokens"}
_OWN = (*sorted(_MARKS), *_MEANINGLESS, *_RENAMED, "tensor_split")

# llama.cpp's usual 512 tokens per step would starve vLLM, whose own default is never below this.
_SMALLEST_BATCH = 2048


@dataclass(frozen=True)
class Translation:
    """A config file's content in today's terms, and the way back to the operator's words."""

    content: dict[str, Any]
    warnings: tuple[str, ...] = ()
    keys: Mapping[str, str] = field(default_factory=dict)

    def written_key(self, key: str) -> str:
        """The dotted key as the operator wrote it."""
        return self.keys.get(key, key)

    def names_in(self, entry: str) -> Iterable[str]:
        """Every name an entry may hold, in the style it is written in."""
        is_translated = any(key.startswith(f"{entry}.") for key in self.keys)
        return (*ModelSettings.model_fields, *_OWN) if is_translated else ModelSettings.model_fields


def translate(content: dict[str, Any], path: Path, folder: Path) -> Translation:
    """Translate the entries in the first specification's style; others stay as they are.

    Args:
        content: The config file's content.
        path: The file as the operator named it, for messages.
        folder: The file's folder, which relative model paths start from.

    Raises:
        ConfigurationError: One line naming the key.
    """
    result = dict(content)
    keys: dict[str, str] = {}
    ignored: list[str] = []
    for role in ROLES:
        entry = content.get(f"{role}_model")
        if isinstance(entry, dict) and _MARKS & entry.keys():
            translator = _Entry(f"{role}_model", entry, path, folder)
            result[translator.key] = translator.translate(is_text=role != "embedding")
            keys.update(translator.keys)
            ignored.extend(name for name in translator.ignored if name not in ignored)
    warnings = (f"{path}: vLLM has no use for {', '.join(ignored)}; ignored",) if ignored else ()
    return Translation(result, warnings, keys)


class _Entry:
    """One entry on its way."""

    def __init__(self, key: str, entry: Mapping[str, Any], path: Path, folder: Path) -> None:
        self.key = key
        self.keys: dict[str, str] = {}
        self.ignored: list[str] = []
        self._left = dict(entry)
        self._path = path
        self._folder = folder
        self._result: dict[str, Any] = {}

    def translate(self, *, is_text: bool) -> dict[str, Any]:
        if "source" not in self._left:
            self.keys[f"{self.key}.source"] = f"{self.key}.model_url"
        self._model_type()
        self._source()
        self._name()
        self._engine(is_text)
        for name in _MEANINGLESS:
            if name in self._left:
                self._left.pop(name)
                self.ignored.append(name)
        for name in ("threads", "max_tokens"):
            # llama.cpp's way to say: not set.
            if self._left.get(name) in (0, -1) and not isinstance(self._left[name], bool):
                self._left.pop(name)
        if both := self._result.keys() & self._left.keys() - {"engine_args"}:
            self._fail(min(both), f"is set twice, also by {self.keys[f'{self.key}.{min(both)}'].rpartition('.')[2]}")
        return {**self._left, **self._result}

    def _model_type(self) -> None:
        value = self._left.pop("model_type", None)
        if str(value).lower() in ("gguf", "ggml"):
            self._refuse_gguf("model_type", value)
        if str(value).lower() in ("awq", "gptq"):
            self._set("quantization", str(value).lower(), "model_type")
        elif value is not None:
            self.ignored.append("model_type")

    def _source(self) -> None:
        location, url = self._left.pop("model_path", None), self._left.pop("model_url", None)
        for name, value in (("model_path", location), ("model_url", url)):
            if value is not None and not isinstance(value, str):
                self._fail(name, f"is {shortened(value)}; allowed: text")
            if value and value.lower().split("?")[0].endswith(".gguf"):
                self._refuse_gguf(name, value)
        local = absolute(location, self._folder) if location else None
        # os.path's answers where a folder may not be read, or the name is too long; checkpoint.py says so.
        if local and (os.path.exists(local) or not (url or is_hub(location))):
            self._set("source", str(local), "model_path")
        elif url:
            self._hub_source(url)
        elif location:
            self._set("source", location, "model_path")

    def _hub_source(self, url: str) -> None:
        parts = urlsplit(url)
        names = [part for part in parts.path.split("/") if part]
        repository = "/".join(names[:2])
        if parts.scheme != "https" or parts.hostname not in ("huggingface.co", "hf.co") or not is_hub(repository):
            self._fail("model_url", f"is {shortened(url)}; allowed: https://huggingface.co/owner/repo")
        self._set("source", repository, "model_url")
        if len(names) > 3 and names[2] in ("tree", "resolve", "blob"):
            self._set("revision", names[3], "model_url")

    def _name(self) -> None:
        source = self._result.get("source")
        name = self._left.pop("model_name", None)
        if name is None and source and "name" not in self._left:
            name = source.rpartition("/")[2]
        if isinstance(name, str):
            name = re.sub(r"[^A-Za-z0-9._:/-]+", "-", name).strip("-")
        if name is not None:
            self._set("name", name, "model_name")

    def _engine(self, is_text: bool) -> None:
        if context := self._left.pop("n_ctx", None):
            self._set("context_length", context, "n_ctx")
        arguments = self._left.get("engine_args", {})
        found = self._engine_arguments()
        if found and not is_text:
            self.ignored.extend(name for name, _ in found.values())
        elif found and isinstance(arguments, dict):
            if both := found.keys() & arguments.keys():
                self._fail(f"engine_args.{min(both)}", f"is set twice, also by {found[min(both)][0]}")
            self._result["engine_args"] = {**arguments, **{name: value for name, (_, value) in found.items()}}

    def _engine_arguments(self) -> dict[str, tuple[str, int]]:
        """vLLM's argument to the key it comes from and its value."""
        found: dict[str, tuple[str, int]] = {}
        requests, tokens = self._whole_number("max_batch_size"), self._whole_number("n_batch")
        if requests:
            found["max_num_seqs"] = ("max_batch_size", requests)
        if tokens and tokens >= max(_SMALLEST_BATCH, requests):
            found["max_num_batched_tokens"] = ("n_batch", tokens)
        elif tokens:
            self.ignored.append(f"n_batch below {max(_SMALLEST_BATCH, requests)}")
        split = self._left.pop("tensor_split", None)
        if split is not None and not (isinstance(split, list) and all(_is_share(share) for share in split)):
            self._fail("tensor_split", f"is {shortened(split)}; allowed: a list of numbers, one per GPU")
        if (count := sum(share > 0 for share in split or ())) > 1:
            found["tensor_parallel_size"] = ("tensor_split", count)
        return found

    def _whole_number(self, name: str) -> int:
        value = self._left.pop(name, None)
        if value is None:
            return 0
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 1_048_576:
            self._fail(name, f"is {shortened(value)}; allowed: a whole number from 0 to 1048576")
        return value

    def _set(self, name: str, value: Any, written: str) -> None:
        self._result[name] = value
        self.keys[f"{self.key}.{name}"] = f"{self.key}.{written}"

    def _refuse_gguf(self, name: str, value: str) -> None:
        self._fail(
            name,
            f"is {shortened(value)}, but vLLM serves AWQ and GPTQ checkpoints, not GGUF; "
            'set model_type to "awq" or "gptq" and model_url to such a checkpoint',
        )

    def _fail(self, name: str, reason: str) -> NoReturn:
        raise ConfigurationError(f"{self._path}: {self.key}.{name} {reason}")


def _is_share(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
