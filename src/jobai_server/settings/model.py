"""The settings of one model."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from jobai_server.settings import engine_arguments
from jobai_server.settings import source as model_source
from jobai_server.settings.problems import shortened

ROLES = ("primary", "classification", "embedding")

_RESERVED_NAMES = frozenset(ROLES) | {f"{role}_model" for role in ROLES}
_NAME = re.compile(r"[A-Za-z0-9._:/-]{1,128}")


class ModelSettings(BaseModel):
    """One entry of a model config file."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    name: tuple[str, ...]
    """Names the model is served under, 1 to 16; the first is the one it calls itself."""

    source: str = Field(min_length=1, max_length=4096)
    """Its weights: `owner/repo` on the hub, a local folder, or `package:import.name/folder` in a Python package."""

    revision: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9._/-]{1,128}$",
        description="a branch, tag or commit, in quotes where it is a number",
    )
    """Branch, tag or commit on the hub; None is the main branch."""

    quantization: Literal["awq", "gptq"] | None = None
    """What the checkpoint is quantised with; None leaves it to the checkpoint's own configuration."""

    context_length: int | None = Field(default=None, ge=128, le=1_048_576)
    """Prompt plus answer, in tokens; None is what the model was made for."""

    max_tokens: int | None = Field(default=None, ge=1, le=1_048_576)
    """Answer length where a chat names none, in tokens; None is the rest of the context."""

    max_concurrent_requests: int = Field(default=256, ge=1, le=65_536)
    """Requests accepted at a time, over all web workers; more are turned away."""

    max_queued_tokens: int = Field(default=1_048_576, ge=1, le=2**40)
    """Tokens, prompts and answers, that the accepted requests may use together; more are turned away."""

    key_share: float = Field(default=0.8, gt=0, le=1)
    """How much of these two limits one key may take up, 0 to 1."""

    contended_share: float | None = Field(default=0.5, gt=0, le=1)
    """How much of the engine's max_num_seqs one key may take up while others are present; None: first come, first
    served."""

    tool_call_parser: str | None = Field(
        default=None, pattern=r"^[A-Za-z0-9_.-]{1,64}$", description="a tool parser of vLLM, such as llama3_json"
    )
    """vLLM's name for the way the model writes tool calls; None is a model without tools."""

    chat_template: Path | None = Field(default=None, strict=False)
    """Jinja file used in place of the checkpoint's own chat template."""

    threads: int | None = Field(default=None, ge=1, le=1024)
    """CPU threads of the engine; None lets the server choose."""

    dtype: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    """What an embedding model computes in; auto is the fastest that this machine has instructions for."""

    sleep_level: Literal[1] | None = None
    """vLLM's sleep level: asleep, a text model keeps its process and moves its weights from the GPU to the machine's
    memory; None: asleep, it has no process."""

    download_if_missing: bool = False
    """Fetch this model from the hub before the engines start, if it is not there."""

    engine_args: dict[str, JsonValue] = Field(default_factory=dict, max_length=256)
    """Further arguments of vLLM's engine, passed on as they are."""

    @field_validator("name", mode="before")
    @classmethod
    def _as_names(cls, names: Any) -> Any:
        names = (names,) if isinstance(names, str) else names
        return tuple(names) if isinstance(names, list) else names

    @field_validator("name")
    @classmethod
    def _valid_names(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if not 1 <= len(names) <= 16 or not all(_NAME.fullmatch(name) for name in names):
            raise ValueError("1 to 16 names, each 1 to 128 letters, digits and . _ : / -")
        if reserved := _RESERVED_NAMES.intersection(names):
            raise ValueError(f"any name but {min(reserved)}, which means a role")
        if len(set(names)) < len(names):
            raise ValueError("names that differ from each other")
        return names

    @field_validator("source")
    @classmethod
    def _known_source(cls, source: str, info: ValidationInfo) -> str:
        return model_source.normalise(source, _folder(info))

    @field_validator("chat_template", mode="before")
    @classmethod
    def _template_file(cls, template: Any, info: ValidationInfo) -> Any:
        if not isinstance(template, str):
            return template
        path = model_source.absolute(template, _folder(info))
        if info.context and not (os.access(path, os.R_OK) and path.is_file()):
            raise ValueError("an existing Jinja file, its path relative to this file")
        return str(path)

    @field_validator("engine_args")
    @classmethod
    def _passed_on(cls, arguments: dict[str, JsonValue]) -> dict[str, JsonValue]:
        for name in arguments:
            if reason := engine_arguments.refusal(name):
                context = {"key": name, "reason": reason}
                raise PydanticCustomError("refused_argument", "{key} may not be set: {reason}", context)
        for name in ("tensor_parallel_size", "pipeline_parallel_size"):
            count = arguments.get(name, 1)
            if not isinstance(count, int) or isinstance(count, bool) or count < 1:
                raise PydanticCustomError(
                    "refused_argument",
                    "{key} is {value}; allowed: a whole number from 1",
                    {"key": name, "value": shortened(count)},
                )
        if "kv_cache_memory_bytes" in arguments:
            size = engine_arguments.in_bytes(value := arguments["kv_cache_memory_bytes"])
            if size is None:
                raise PydanticCustomError(
                    "refused_argument",
                    "kv_cache_memory_bytes is {value}; allowed: a size from 1MiB to 1PiB such as 22GiB, or in bytes",
                    {"value": shortened(value)},
                )
            return {**arguments, "kv_cache_memory_bytes": size}
        return arguments

    @model_validator(mode="after")
    def _consistent(self) -> ModelSettings:
        if self.context_length and self.max_tokens and self.max_tokens > self.context_length:
            raise PydanticCustomError(
                "answer_too_long",
                "max_tokens is {answer}; allowed: at most context_length, which is {context}",
                {"answer": self.max_tokens, "context": self.context_length},
            )
        if self.revision and not model_source.is_hub(self.source):
            raise PydanticCustomError("revision_without_hub", "revision is only for a source on the hub, owner/repo")
        return self


def _folder(info: ValidationInfo) -> Path | None:
    """The folder of the config file that is being read; None where the settings come from another process."""
    return info.context["folder"] if info.context else None
