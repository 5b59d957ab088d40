"""Which arguments a config may pass on to vLLM, without importing vLLM."""

from __future__ import annotations

import ast
import difflib
import importlib.util
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from pydantic import ByteSize, JsonValue, TypeAdapter, ValidationError

# Each is set by the server itself; the text says what to write instead.
_REFUSED: Mapping[str, str] = {
    "model": "use source",
    "model_weights": "use source",
    "tokenizer": "the tokenizer comes with source",
    "tokenizer_revision": "use revision",
    "tokenizer_mode": "the server needs the tokenizer of transformers",
    "skip_tokenizer_init": "the server needs the tokenizer",
    "served_model_name": "use name",
    "revision": "use revision beside engine_args",
    "max_model_len": "use context_length",
    "quantization": "use quantization beside engine_args",
    "hf_token": "set HF_TOKEN in the environment; secrets do not belong in this file",
    "disable_log_stats": "the server's metrics need the statistics",
    "enable_log_requests": "requests are private",
    "host": "set HOST in the environment",
    "port": "set PORT in the environment",
    "api_server_count": "set WORKERS in the environment",
    "tool_parser": "use tool_call_parser beside engine_args",
}


def refusal(name: str) -> str | None:
    """Why the server does not pass this argument on, or None where it does."""
    if name.startswith("data_parallel_"):
        return "the server runs one engine per model"
    if name.startswith("_"):
        return "it is vLLM's own"
    return _REFUSED.get(name)


def unknown(name: str) -> str | None:
    """Why vLLM would not take this argument, or None where it does, or where vLLM is not installed."""
    known = known_arguments()
    if not known or name in known:
        return None
    candidates = sorted(argument for argument in known if refusal(argument) is None)
    return "is not an argument of vLLM's engine" + suggestion(name, candidates)


def suggestion(name: str, candidates: list[str]) -> str:
    """`; did you mean <nearest>?`, or nothing where nothing is near."""
    nearest = difflib.get_close_matches(name.replace("-", "_").lower(), candidates, n=1)
    return f"; did you mean {nearest[0]}?" if nearest else ""


def in_bytes(value: JsonValue) -> int | None:
    """A memory size in bytes, 1 MiB to 1 PiB, from a number or from text such as `22GiB`; None where it is neither."""
    if not isinstance(value, bool):
        try:
            size = int(TypeAdapter(ByteSize).validate_python(value))
        except ValidationError:
            size = 0
        if 1 << 20 <= size <= 1 << 50:
            return size
    return None


def known_arguments() -> frozenset[str]:
    """Names of vLLM's engine arguments; empty where vLLM is not installed."""
    return _names_in_classes(_vllm_file("engine/arg_utils.py"), ("EngineArgs", "AsyncEngineArgs"))


def known_tool_parsers() -> frozenset[str]:
    """Names of vLLM's own tool-call parsers; empty where vLLM is not installed."""
    return _keys_of_table(_vllm_file("tool_parsers/__init__.py"), "_TOOL_PARSERS_TO_REGISTER")


def _vllm_file(name: str) -> Path | None:
    # Finding a top-level package does not import it; importing this one takes seconds.
    found = importlib.util.find_spec("vllm")
    for folder in (found.submodule_search_locations or ()) if found else ():
        if (path := Path(folder) / name).is_file():
            return path
    return None


@cache
def _statements(path: Path) -> list[ast.stmt]:
    return ast.parse(path.read_text(encoding="utf-8")).body


def _names_in_classes(path: Path | None, classes: tuple[str, ...]) -> frozenset[str]:
    names: set[str] = set()
    for node in _statements(path) if path else ():
        if isinstance(node, ast.ClassDef) and node.name in classes:
            fields = (statement.target for statement in node.body if isinstance(statement, ast.AnnAssign))
            names.update(target.id for target in fields if isinstance(target, ast.Name))
    return frozenset(names)


def _keys_of_table(path: Path | None, name: str) -> frozenset[str]:
    for node in _statements(path) if path else ():
        if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Dict):
            continue
        if any(isinstance(target, ast.Name) and target.id == name for target in node.targets):
            keys = (key.value for key in node.value.keys if isinstance(key, ast.Constant))
            return frozenset(key for key in keys if isinstance(key, str))
    return frozenset()
