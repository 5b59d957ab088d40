"""Settings of limits: where they are counted, and whom they believe."""

from __future__ import annotations

import json

import pytest

from jobai_server.errors import ConfigurationError
from jobai_server.settings import ServerSettings, load_settings


def test_proxies_are_addresses_and_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBAI_TRUSTED_PROXIES", " 10.1.2.3/8, 192.0.2.1,2001:db8::/32, 192.0.2.1 ")
    assert load_settings().server.trusted_proxies == ("10.0.0.0/8", "192.0.2.1/32", "2001:db8::/32")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("JOBAI_TRUSTED_PROXIES", "*"),
        ("JOBAI_TRUSTED_PROXIES", "proxy.example"),
        ("JOBAI_TRUSTED_PROXIES", ",".join(f"10.0.0.{number}" for number in range(65))),
        ("JOBAI_REDIS_URL", "http://localhost:6379"),
        ("JOBAI_REDIS_URL", "redis://"),
        ("JOBAI_FAILED_AUTHENTICATIONS_PER_MINUTE", "0"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigurationError, match=variable):
        load_settings()


def test_the_password_of_redis_reaches_children_and_nobody_else() -> None:
    settings = ServerSettings.model_validate({"redis_url": "redis://:hunter2@cache:6379/0"})
    assert "hunter2" not in repr(settings)
    assert "hunter2" not in str(settings.model_dump())
    assert json.loads(settings.model_dump_json())["redis_url"] == "redis://:hunter2@cache:6379/0"
