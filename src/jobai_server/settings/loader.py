"""From the environment and a model config file to the settings of the whole server."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import EnvSettingsSource

from jobai_server.errors import ConfigurationError
from jobai_server.settings import config_file, first_specification, problems
from jobai_server.settings.hub_variables import HUB_TOKENS, check_hub_variables
from jobai_server.settings.model import ModelSettings
from jobai_server.settings.models_config import ModelsConfig
from jobai_server.settings.problems import Location
from jobai_server.settings.server import ServerSettings, environment_variable

CLIENT_KEY_VARIABLE = "JOBAI_API_KEY"
"""Where clients on the same machine keep their key, as the documents have it; the server does not read it."""


class Settings(BaseModel):
    """Everything the server was told, and nothing it has found out.

    `model_dump_json` carries it, the admin key included, to a child process, where `model_validate_json` restores it
    whatever that process's environment says.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    server: ServerSettings
    """The environment's part."""

    models: ModelsConfig
    """The config file's part."""

    warnings: tuple[str, ...] = ()
    """What the operator should know before the start, one line each."""


def load_settings(**overrides: object) -> Settings:
    """Read the environment and the config file it names.

    Args:
        overrides: Fields of ServerSettings from the command line; they win over the environment, and None is not given.

    Raises:
        ConfigurationError: One line naming the variable or the key at fault, its value, and what is allowed.
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    if unknown := given.keys() - ServerSettings.model_fields.keys():
        raise TypeError(f"not settings of the server: {', '.join(sorted(unknown))}")
    check_hub_variables()
    server = _server(given)
    models, warnings = _models(server.config_file or config_file.default_path())
    return Settings(server=server, models=models, warnings=(*_misspelt_variables(), *warnings))


def load_server_settings() -> ServerSettings:
    """The environment's part alone, for what has no need of models.

    Raises:
        ConfigurationError: As `load_settings`.
    """
    return _server({})


def forget_secrets() -> None:
    """Take the secrets out of this process's environment, so that no process it starts inherits them.

    The headers of OTEL_EXPORTER_OTLP_HEADERS stay: web workers send their spans with them.
    """
    for name in HUB_TOKENS:  # nothing is downloaded any more
        os.environ.pop(name, None)
    for name, field in ServerSettings.model_fields.items():
        if "Secret" in str(field.annotation):
            os.environ.pop(environment_variable(name), None)


def _server(given: dict[str, object]) -> ServerSettings:
    variables = EnvSettingsSource(ServerSettings)()
    values = {name: value for name, value in variables.items() if name not in map(environment_variable, given)} | given
    fields = ServerSettings.model_fields
    by_variable = {environment_variable(name): name for name in fields}

    def field_at(location: Location) -> FieldInfo | None:
        name = str(location[0])
        return fields.get(by_variable.get(name, name))

    def key_of(location: Location) -> str:
        name = str(location[0])
        return "--" + name.replace("_", "-") if name in given else name

    try:
        return ServerSettings(**values)
    except ValidationError as error:
        raise ConfigurationError(problems.describe(error, field_at, key_of, lambda _: ())) from None


def _models(path: Path) -> tuple[ModelsConfig, tuple[str, ...]]:
    content = config_file.read(path)
    folder = Path(os.path.abspath(path.expanduser())).parent
    translation = first_specification.translate(content, path, folder)

    def field_at(location: Location) -> FieldInfo | None:
        fields = ModelsConfig.model_fields if len(location) == 1 else ModelSettings.model_fields
        return fields.get(str(location[0 if len(location) == 1 else 1])) if location else None

    def key_of(location: Location) -> str:
        return translation.written_key(".".join(map(str, location)))

    def names_at(location: Location) -> Iterable[str]:
        return ModelsConfig.model_fields if len(location) == 1 else translation.names_in(str(location[0]))

    try:
        return ModelsConfig.model_validate(translation.content, context={"folder": folder}), translation.warnings
    except ValidationError as error:
        raise ConfigurationError(f"{path}: {problems.describe(error, field_at, key_of, names_at)}") from None


def _misspelt_variables() -> list[str]:
    """One line for each JOBAI_ variable that is nearly one of ours; the others may belong to someone else."""
    known = [environment_variable(name) for name in ServerSettings.model_fields]
    others = [name for name in sorted(os.environ) if name.startswith("JOBAI_") and name not in known]
    nearest = (
        (name, difflib.get_close_matches(name, known, n=1, cutoff=0.85))
        for name in others
        if name != CLIENT_KEY_VARIABLE
    )
    return [f"{name} is not a setting; did you mean {match[0]}?" for name, match in nearest if match]
