"""Which models play which roles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, model_validator
from pydantic_core import PydanticCustomError

from jobai_server.settings import engine_arguments
from jobai_server.settings.model import ROLES, ModelSettings

PRIMARY_MODEL = "primary_model"


class EngineSettings(NamedTuple):
    """One engine: the model it runs and the roles it plays."""

    model: ModelSettings
    roles: tuple[str, ...]


class ModelsConfig(BaseModel):
    """A model config file.

    `classification_model` may be the word `primary_model`, or an entry equal to it: one engine then plays both roles.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    primary_model: ModelSettings
    """Writes: chats and completions."""

    classification_model: ModelSettings | None = Field(
        default=None, description="primary_model, or a section with name, source and further settings"
    )
    """Classifies; None is none."""

    embedding_model: ModelSettings | None = None
    """Embeds; None is none."""

    def by_role(self) -> Mapping[str, ModelSettings]:
        """The configured models, in the order of the roles; shared ones appear once per role."""
        models = ((role, getattr(self, f"{role}_model")) for role in ROLES)
        return {role: model for role, model in models if model is not None}

    def text_engines(self) -> Mapping[str, EngineSettings]:
        """Engine name, which is the model's first served name, to engine; roles with equal entries share one."""
        engines: dict[str, EngineSettings] = {}
        for role, model in self.by_role().items():
            if role != "embedding":
                shared = engines.get(model.name[0], EngineSettings(model, ()))
                engines[model.name[0]] = EngineSettings(model, (*shared.roles, role))
        return engines

    def engines(self) -> Mapping[str, EngineSettings]:
        """As `text_engines`, with the embedding model's."""
        engines = dict(self.text_engines())
        if self.embedding_model:
            engines[self.embedding_model.name[0]] = EngineSettings(self.embedding_model, ("embedding",))
        return engines

    @model_validator(mode="before")
    @classmethod
    def _resolve_shared(cls, data: Any) -> Any:
        if isinstance(data, dict) and data.get("classification_model") == PRIMARY_MODEL and PRIMARY_MODEL in data:
            return {**data, "classification_model": data[PRIMARY_MODEL]}
        return data

    @model_validator(mode="after")
    def _unique_names(self) -> ModelsConfig:
        owner: dict[str, str] = {}
        seen: list[ModelSettings] = []
        for role, model in self.by_role().items():
            if role != "embedding" and model in seen:
                continue
            seen.append(model)
            for name in model.name:
                if name in owner:
                    _fail(f"{role}_model.name", f"is '{name}', which {owner[name]}_model already serves")
                owner[name] = role
        return self

    @model_validator(mode="after")
    def _known_to_vllm(self, info: ValidationInfo) -> ModelsConfig:
        # Only for a file being read: in a child process the same settings have passed already.
        if info.context is None:
            return self
        for engine in self.text_engines().values():
            if engine.model.dtype != "auto":
                _fail(f"{engine.roles[0]}_model.dtype", "may not be set: use dtype in engine_args")
            _check_names(f"{engine.roles[0]}_model", engine.model)
        for key in ("engine_args", "tool_call_parser", "sleep_level"):
            if self.embedding_model and getattr(self.embedding_model, key):
                _fail(f"embedding_model.{key}", "may not be set: vLLM does not run the embedding model")
        return self


def _check_names(entry: str, model: ModelSettings) -> None:
    for name in model.engine_args:
        if name in ModelSettings.model_fields and engine_arguments.unknown(name):
            _fail(f"{entry}.engine_args.{name}", "belongs beside engine_args, not in it")
        if reason := engine_arguments.unknown(name):
            _fail(f"{entry}.engine_args.{name}", reason)
    parsers = engine_arguments.known_tool_parsers()
    if model.tool_call_parser and parsers and model.tool_call_parser not in parsers:
        nearest = engine_arguments.suggestion(model.tool_call_parser, sorted(parsers))
        _fail(f"{entry}.tool_call_parser", f"is '{model.tool_call_parser}', which vLLM does not have{nearest}")


def _fail(key: str, reason: str) -> None:
    raise PydanticCustomError("models_config", "{key} {reason}", {"key": key, "reason": reason})
