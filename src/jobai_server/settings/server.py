"""The server's own settings: one per environment variable, and nothing about models."""

from __future__ import annotations

import os
import re
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import ByteSize, Field, SecretStr, field_serializer, field_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from jobai_server.settings import origins


class ServerSettings(BaseSettings):
    """What the environment says about the server.

    Constructing it reads nothing but its arguments, so a copy sent to another process stays what it was;
    `load_settings` is what reads the environment.
    """

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        populate_by_name=True,
        case_sensitive=True,
        env_ignore_empty=True,
        allow_inf_nan=False,
        validate_default=True,
        hide_input_in_errors=True,
    )

    host: str = Field(
        default="0.0.0.0",
        pattern=r"^[A-Za-z0-9._:%-]{1,255}$",
        description="an address or a host name, without scheme or port",
        validation_alias="HOST",
    )
    """Address or host name to listen on."""

    port: int = Field(default=8080, ge=0, le=65535, validation_alias="PORT")
    """TCP port to listen on; 0 is any free one."""

    workers: int = Field(default=1, ge=1, le=64, validation_alias="WORKERS")
    """Web worker processes; they share the engines."""

    config_file: Path | None = Field(default=None, validation_alias="CONFIG_FILE")
    """Model config file (.yaml, .yml, .json); None is the embedded default."""

    debug: bool = Field(default=False, validation_alias="DEBUG")
    """Log in detail, the bodies of requests included."""

    log_format: Literal["json", "text"] | None = Field(default=None, validation_alias="JOBAI_LOG_FORMAT")
    """Log lines as json or text; None is text on a terminal and json elsewhere."""

    download_models_on_start: bool = Field(default=False, validation_alias="DOWNLOAD_MODELS_ON_START")
    """Fetch every model that is missing before the engines start."""

    admin_key: SecretStr | None = Field(default=None, validation_alias="JOBAI_ADMIN_KEY")
    """The administrator's API key, 32 to 512 visible ASCII characters; None lets the server make one."""

    data_directory: Path = Field(default_factory=lambda: _default_directory(), validation_alias="JOBAI_DATA_DIRECTORY")
    """Folder of everything the server keeps between starts."""

    database_url: SecretStr | None = Field(default=None, validation_alias="JOBAI_DATABASE_URL")
    """postgresql:// URL of the database that keeps API keys; None is an SQLite file in the data directory."""

    key_pepper: SecretStr | None = Field(default=None, validation_alias="JOBAI_KEY_PEPPER")
    """Secret that hashes of API keys are made with, 32 to 512 visible ASCII characters; None keeps one in a file."""

    allow_query_key: bool = Field(default=False, validation_alias="JOBAI_ALLOW_QUERY_KEY")
    """Accept `?api_key=` on GET /v1/completions, for browsers' EventSource, which cannot send headers."""

    allowed_origins: Annotated[tuple[str, ...], NoDecode] = Field(default=(), validation_alias="JOBAI_ALLOWED_ORIGINS")
    """Origins whose browser pages may call the server (CORS), at most 256; `*` is any."""

    redis_url: SecretStr | None = Field(default=None, validation_alias="JOBAI_REDIS_URL")
    """redis://, rediss:// or unix:// URL of the Redis that counts limits for several machines; None: each its own."""

    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = Field(default=(), validation_alias="JOBAI_TRUSTED_PROXIES")
    """Addresses and networks of proxies whose X-Forwarded-For is believed, at most 64."""

    failed_authentications_per_minute: int = Field(
        default=20, ge=1, le=1_000_000, validation_alias="JOBAI_FAILED_AUTHENTICATIONS_PER_MINUTE"
    )
    """Invalid keys that one client address may present a minute."""

    drain_seconds: float = Field(default=30.0, ge=0, le=600, validation_alias="JOBAI_DRAIN_SECONDS")
    """How long running requests may go on after SIGTERM, in seconds."""

    queue_seconds: float = Field(default=60.0, ge=0.1, le=86_400, validation_alias="JOBAI_QUEUE_SECONDS")
    """How long a request may wait for its first token, in seconds."""

    keep_alive_seconds: float = Field(default=10.0, ge=0.1, le=3600, validation_alias="JOBAI_KEEP_ALIVE_SECONDS")
    """How long a stream waits for its first token before a comment is sent, again and again, in seconds."""

    max_body_bytes: ByteSize = Field(
        default=ByteSize(4 << 20), ge=1 << 10, le=256 << 20, validation_alias="JOBAI_MAX_BODY_BYTES"
    )
    """Largest request body accepted, in bytes; units such as 4MiB are understood."""

    max_embedding_inputs: int = Field(default=64, ge=1, le=2048, validation_alias="JOBAI_MAX_EMBEDDING_INPUTS")
    """Texts in one embeddings request; a rerank request may have 16 times as many documents."""

    engine_start_seconds: float = Field(default=1800.0, ge=1, le=86_400, validation_alias="JOBAI_ENGINE_START_SECONDS")
    """How long an engine may take to start, in seconds."""

    stall_seconds: float = Field(default=60.0, ge=1, le=86_400, validation_alias="JOBAI_STALL_SECONDS")
    """A model that has work and gives no token for so long is started again, in seconds."""

    probe_seconds: float = Field(default=30.0, ge=0.1, le=86_400, validation_alias="JOBAI_PROBE_SECONDS")
    """A model that has had nothing to do for so long is asked for one token, to see whether it still can."""

    sleep_seconds: float | None = Field(default=None, ge=1, le=31_536_000, validation_alias="JOBAI_SLEEP_SECONDS")
    """A model that nobody has wanted anything from for so long gives its memory back, in seconds; None: never."""

    skip_memory_plan: bool = Field(default=False, validation_alias="JOBAI_SKIP_MEMORY_PLAN")
    """Start the engines on a GPU without working out first whether they fit."""

    gpu_reserved_memory: ByteSize = Field(
        default=ByteSize(1 << 30), ge=0, le=1 << 40, validation_alias="JOBAI_GPU_RESERVED_MEMORY"
    )
    """What the memory plan leaves of a GPU to the driver and to others, in bytes; an A100's driver keeps 0.75 GiB."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003
        init_settings: PydanticBaseSettingsSource,
        *_: PydanticBaseSettingsSource,
        **__: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)

    @field_validator("database_url")
    @classmethod
    def _postgres(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None and not re.fullmatch(r"postgres(ql)?://[!-~]+", url.get_secret_value()):
            raise ValueError("a URL postgresql://USER:PASSWORD@HOST:PORT/DATABASE")
        return url

    @field_validator("admin_key", "key_pepper")
    @classmethod
    def _strong_key(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None and not re.fullmatch(r"[!-~]{32,512}", key.get_secret_value()):
            raise ValueError("32 to 512 visible ASCII characters without spaces")
        return key

    @field_validator("data_directory")
    @classmethod
    def _absolute(cls, directory: Path) -> Path:
        try:
            return Path(os.path.abspath(directory.expanduser()))
        except RuntimeError:
            raise ValueError("a folder; its ~ names no user's home here") from None

    @field_validator("redis_url")
    @classmethod
    def _redis(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None and not re.fullmatch(r"(rediss?|unix)://[!-~]+", url.get_secret_value()):
            raise ValueError("a URL redis://, rediss:// or unix://")
        return url

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _split_proxies(cls, proxies: Any) -> Any:
        if isinstance(proxies, str):
            return tuple(dict.fromkeys(part.strip() for part in proxies.split(",") if part.strip()))
        return proxies

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, proxies: tuple[str, ...]) -> tuple[str, ...]:
        if len(proxies) > 64:
            raise ValueError("at most 64 addresses or networks")
        try:
            return tuple(str(ip_network(proxy, strict=False)) for proxy in proxies)
        except ValueError:
            raise ValueError("a comma-separated list of IP addresses and networks, such as 10.0.0.0/8") from None

    @field_validator("allowed_origins", mode="before")
    @classmethod
    def _split_origins(cls, given: Any) -> Any:
        return origins.split(given)

    @field_validator("allowed_origins")
    @classmethod
    def _known_shape(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        return origins.checked(given)

    # Only the JSON form carries secrets: it is how a child process gets its settings.
    @field_serializer("admin_key", "database_url", "key_pepper", "redis_url", when_used="json")
    def _reveal(self, key: SecretStr | None) -> str | None:
        return None if key is None else key.get_secret_value()


def environment_variable(field_name: str) -> str:
    """The environment variable of a setting of the server."""
    return str(ServerSettings.model_fields[field_name].validation_alias)


def _default_directory() -> Path:
    # The XDG specification has relative paths ignored.
    data_home = os.environ.get("XDG_DATA_HOME", "")
    return Path(data_home if data_home.startswith("/") else "~/.local/share") / "jobai-server"
