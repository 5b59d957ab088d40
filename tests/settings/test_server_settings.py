from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from jobai_server.errors import ConfigurationError
from jobai_server.settings import ServerSettings, forget_secrets, load_settings

KEY = "k" * 32


def refusal(**overrides: object) -> str:
    with pytest.raises(ConfigurationError) as raised:
        load_settings(**overrides)
    return raised.value.message


def test_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", "/somewhere/data")
    server = load_settings().server
    assert server.model_dump() == {
        "host": "0.0.0.0",
        "port": 8080,
        "workers": 1,
        "config_file": None,
        "debug": False,
        "download_models_on_start": False,
        "admin_key": None,
        "data_directory": Path("/somewhere/data/jobai-server"),
        "database_url": None,
        "key_pepper": None,
        "allow_query_key": False,
        "redis_url": None,
        "trusted_proxies": (),
        "failed_authentications_per_minute": 20,
        "allowed_origins": (),
        "log_format": None,
        "drain_seconds": 30.0,
        "max_body_bytes": 4 * 1024 * 1024,
        "max_embedding_inputs": 64,
        "queue_seconds": 60.0,
        "keep_alive_seconds": 10.0,
        "engine_start_seconds": 1800.0,
        "stall_seconds": 60.0,
        "probe_seconds": 30.0,
        "sleep_seconds": None,
        "skip_memory_plan": False,
        "gpu_reserved_memory": 1 << 30,
    }


@pytest.mark.parametrize("data_home", ["", "relative/data"])
def test_data_home_that_is_not_absolute_is_ignored(monkeypatch: pytest.MonkeyPatch, data_home: str) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", data_home)
    monkeypatch.setenv("HOME", "/home/someone")
    assert load_settings().server.data_directory == Path("/home/someone/.local/share/jobai-server")


def test_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "models.yaml").write_text("primary_model: {name: a, source: o/r}")
    variables = {
        "HOST": "::1",
        "PORT": "0",
        "WORKERS": "64",
        "CONFIG_FILE": "models.yaml",
        "DEBUG": "true",
        "DOWNLOAD_MODELS_ON_START": "1",
        "JOBAI_ADMIN_KEY": KEY,
        "JOBAI_DATA_DIRECTORY": "kept",
        "JOBAI_ALLOWED_ORIGINS": "https://Jobs.Example, http://[::1]:3000,https://jobs.example",
        "JOBAI_DRAIN_SECONDS": "0.5",
        "JOBAI_MAX_BODY_BYTES": "256MiB",
        "JOBAI_ENGINE_START_SECONDS": "60",
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    settings = load_settings()
    server = settings.server
    assert (server.host, server.port, server.workers) == ("::1", 0, 64)
    assert (server.config_file, server.debug, server.download_models_on_start) == (Path("models.yaml"), True, True)
    assert server.admin_key is not None
    assert server.admin_key.get_secret_value() == KEY
    assert server.data_directory == tmp_path / "kept"
    assert server.allowed_origins == ("https://jobs.example", "http://[::1]:3000")
    assert (server.drain_seconds, server.max_body_bytes, server.engine_start_seconds) == (0.5, 256 << 20, 60.0)
    assert settings.models.primary_model.name == ("a",)


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("PORT", "65536", "PORT is '65536'; allowed: a whole number from 0 to 65535"),
        ("PORT", "-1", "PORT is '-1'; allowed: a whole number from 0 to 65535"),
        ("PORT", "http", "PORT is 'http'; allowed: a whole number from 0 to 65535"),
        ("PORT", "1" * 99, f"PORT is '{'1' * 38}…; allowed: a whole number from 0 to 65535"),
        ("WORKERS", "0", "WORKERS is '0'; allowed: a whole number from 1 to 64"),
        ("WORKERS", "65", "WORKERS is '65'; allowed: a whole number from 1 to 64"),
        ("HOST", "http://a", "HOST is 'http://a'; allowed: an address or a host name, without scheme or port"),
        ("DEBUG", "perhaps", "DEBUG is 'perhaps'; allowed: true or false"),
        ("CONFIG_FILE", "no.yaml", "no.yaml: no such file"),
        ("CONFIG_FILE", "x.toml", "x.toml: not a config file; allowed: a name that ends in .yaml, .yml or .json"),
        ("JOBAI_DRAIN_SECONDS", "601", "JOBAI_DRAIN_SECONDS is '601'; allowed: a number from 0 to 600"),
        ("JOBAI_DRAIN_SECONDS", "nan", "JOBAI_DRAIN_SECONDS is 'nan'; allowed: a number from 0 to 600"),
        (
            "JOBAI_MAX_BODY_BYTES",
            "1023",
            "JOBAI_MAX_BODY_BYTES is '1023'; allowed: a whole number from 1024 to 268435456",
        ),
        ("JOBAI_QUEUE_SECONDS", "0", "JOBAI_QUEUE_SECONDS is '0'; allowed: a number from 0.1 to 86400"),
        ("JOBAI_KEEP_ALIVE_SECONDS", "no", "JOBAI_KEEP_ALIVE_SECONDS is 'no'; allowed: a number from 0.1 to 3600"),
        ("JOBAI_ENGINE_START_SECONDS", "0", "JOBAI_ENGINE_START_SECONDS is '0'; allowed: a number from 1 to 86400"),
    ],
)
def test_refused_values(monkeypatch: pytest.MonkeyPatch, name: str, value: str, line: str) -> None:
    monkeypatch.setenv(name, value)
    assert refusal() == line


@pytest.mark.parametrize("endpoint", ["http://[bad", "huggingface.co", "ftp://huggingface.co", "https://"])
def test_refused_hub_addresses(monkeypatch: pytest.MonkeyPatch, endpoint: str) -> None:
    monkeypatch.setenv("HF_ENDPOINT", endpoint)
    assert refusal() == f"HF_ENDPOINT is {endpoint!r}; allowed: an address such as https://huggingface.co"


@pytest.mark.parametrize("token", ["hf_ö", "hf_a b", "hf_a\nb"])
def test_refused_hub_token_is_not_shown(monkeypatch: pytest.MonkeyPatch, token: str) -> None:
    monkeypatch.setenv("HF_TOKEN", token)
    assert refusal() == "HF_TOKEN has characters that no token has; allowed: ASCII letters, digits and signs"


@pytest.mark.parametrize(
    "origin", ["https://a.example/", "a.example", "https://a.example:0", "https://a b", "https://"]
)
def test_refused_origins(monkeypatch: pytest.MonkeyPatch, origin: str) -> None:
    monkeypatch.setenv("JOBAI_ALLOWED_ORIGINS", f"*,{origin}")
    assert refusal() == (
        f"JOBAI_ALLOWED_ORIGINS is '*,{origin}'; "
        "allowed: * or a comma-separated list of scheme://host[:port], with no path or final slash"
    )


@pytest.mark.parametrize("key", ["k" * 31, "k" * 513, "k" * 31 + " ", "k" * 32 + "é"])
def test_refused_admin_key_is_not_shown(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.setenv("JOBAI_ADMIN_KEY", key)
    expected = "JOBAI_ADMIN_KEY is not acceptable; allowed: 32 to 512 visible ASCII characters without spaces"
    assert refusal() == expected


def test_several_problems_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKERS", "0")
    monkeypatch.setenv("DEBUG", "perhaps")
    assert refusal(port=70000) == "--port is 70000; allowed: a whole number from 0 to 65535 (and 2 more)"


def test_empty_variable_is_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "")
    monkeypatch.setenv("CONFIG_FILE", "")
    assert load_settings().server.port == 8080


def test_overrides_win_and_none_is_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "not a port")
    monkeypatch.setenv("WORKERS", "3")
    server = load_settings(port=9000, workers=None).server
    assert (server.port, server.workers) == (9000, 3)


def test_unknown_override_is_a_programming_error() -> None:
    with pytest.raises(TypeError, match="not settings of the server: prt"):
        load_settings(prt=1)


def test_constructing_reads_no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "1234")
    assert ServerSettings().port == 8080


def test_frozen() -> None:
    settings: Any = load_settings()
    parts = {"server": settings, "port": settings.server, "primary_model": settings.models}
    for name, part in (parts | {"threads": settings.models.primary_model}).items():
        with pytest.raises(ValidationError, match="frozen"):
            setattr(part, name, None)


def test_secrets_are_hidden_but_in_json() -> None:
    url = f"postgresql://jobai:{KEY}@localhost/jobai"
    server = ServerSettings(admin_key=SecretStr(KEY), key_pepper=SecretStr(KEY), database_url=SecretStr(url))
    assert KEY not in f"{server!r} {server} {server.model_dump()}"
    assert server.model_dump_json().count(KEY) == 3
    assert ServerSettings.model_validate_json(server.model_dump_json()) == server


@pytest.mark.parametrize("url", ["sqlite:///x.db", "postgresql://", "jobai", "mysql://a@b/c", "postgresql://a b/c"])
def test_refused_database_url_is_not_shown(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("JOBAI_DATABASE_URL", url)
    assert refusal() == (
        "JOBAI_DATABASE_URL is not acceptable; allowed: a URL postgresql://USER:PASSWORD@HOST:PORT/DATABASE"
    )


def test_secrets_can_be_taken_out_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    names = (
        "JOBAI_ADMIN_KEY",
        "JOBAI_KEY_PEPPER",
        "JOBAI_DATABASE_URL",
        "HF_TOKEN",
        "HUGGING_FACE_HUB_TOKEN",
    )
    for name in names:
        monkeypatch.setenv(name, KEY)
    monkeypatch.setenv("PORT", "1")
    forget_secrets()
    assert not os.environ.keys() & set(names)
    assert os.environ["PORT"] == "1"


def test_misspelt_variable_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBAI_ADMINKEY", KEY)
    monkeypatch.setenv("JOBAI_SOMETHING_ELSE", "1")
    monkeypatch.setenv("JOBAI_API_KEY", KEY)  # a client's, as the documents say
    assert load_settings().warnings == ("JOBAI_ADMINKEY is not a setting; did you mean JOBAI_ADMIN_KEY?",)
    assert os.environ["JOBAI_SOMETHING_ELSE"] == "1"
