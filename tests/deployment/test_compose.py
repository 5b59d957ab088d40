"""docker-compose.yml: against the schema of the Compose specification, and against what it mounts and names."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from tests.deployment.paths import COMPOSE, ROOT, SETUP

from jobai_server.settings import ServerSettings
from jobai_server.settings.server import environment_variable

SCHEMA = Path(__file__).parent / "compose_spec" / "compose-spec.json"


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    document = yaml.safe_load(COMPOSE.read_text())
    assert isinstance(document, dict)
    return document


@pytest.fixture(scope="module")
def services(compose: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return dict(compose["services"])


def test_it_is_valid_by_the_specification(compose: dict[str, Any]) -> None:
    schema = json.loads(SCHEMA.read_text())
    jsonschema.Draft202012Validator(schema).validate(compose)
    broken = {**compose, "services": {**compose["services"], "server": {"imagine": "x"}}}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema).validate(broken)


def test_services_and_profiles(services: dict[str, dict[str, Any]]) -> None:
    profiles = {name: service.get("profiles") for name, service in services.items()}
    assert profiles == {
        "server": None,
        "prometheus": None,
        "grafana": None,
        "postgres": ["postgres"],
        "redis": ["redis"],
        "proxy": ["tls"],
    }
    assert "${GRAFANA_PORT:-3000}:3000" in services["grafana"]["ports"][0]


def test_foreign_images_have_an_exact_version(services: dict[str, dict[str, Any]]) -> None:
    for name, service in services.items():
        if name != "server":
            assert re.fullmatch(r"[\w./-]+:v?\d+\.\d+(\.\d+)?(-alpine)?", service["image"]), service["image"]


def test_server_has_the_gpu(services: dict[str, dict[str, Any]]) -> None:
    [device] = services["server"]["deploy"]["resources"]["reservations"]["devices"]
    assert (device["driver"], device["capabilities"]) == ("nvidia", ["gpu"])


def test_everything_mounted_from_here_exists(services: dict[str, dict[str, Any]]) -> None:
    mounted = [volume.split(":")[0] for service in services.values() for volume in service.get("volumes", ())]
    here = [ROOT / source for source in mounted if source.startswith("./")]
    assert len(here) == 4
    assert [path for path in here if not path.exists()] == []


def test_volumes_and_secrets_that_are_used_are_the_ones_declared(compose: dict[str, Any]) -> None:
    services = compose["services"].values()
    volumes = {volume.split(":")[0] for service in services for volume in service.get("volumes", ())}
    named = {name for name in volumes if re.fullmatch(r"\w+", name)} | {"models"}
    assert named == set(compose["volumes"])
    assert {secret for service in services for secret in service.get("secrets", ())} == set(compose["secrets"])


def test_no_secret_is_written_down_and_setup_makes_each(compose: dict[str, Any]) -> None:
    text = COMPOSE.read_text()
    setup = SETUP.read_text()
    for secret in compose["secrets"].values():
        assert secret["environment"] in setup
    assert "JOBAI_ADMIN_KEY: ${JOBAI_ADMIN_KEY:?" in text
    assert not re.search(r"(PASSWORD|KEY|TOKEN|PEPPER): *[\"']?\w", text)


def test_variables_of_the_server_are_settings(services: dict[str, dict[str, Any]]) -> None:
    known = {environment_variable(field) for field in ServerSettings.model_fields}
    given = set(services["server"]["environment"])
    assert given - known == {"HF_TOKEN", "HF_HUB_OFFLINE"}


def test_scrape_target_and_key_are_those_of_prometheus(services: dict[str, dict[str, Any]]) -> None:
    config = yaml.safe_load((ROOT / "deploy" / "prometheus" / "prometheus.yml").read_text())
    assert all((ROOT / "deploy" / "prometheus" / rules).is_file() for rules in config["rule_files"])
    scrape = config["scrape_configs"][0]
    [target] = scrape["static_configs"][0]["targets"]
    host, port = target.split(":")
    assert services[host]["environment"]["PORT"] == port
    assert scrape["authorization"]["credentials_file"] == "/run/secrets/" + services["prometheus"]["secrets"][0]


def test_a_shell_is_not_process_1_where_sigterm_means_nothing_to_it(services: dict[str, dict[str, Any]]) -> None:
    for service in services.values():
        if service.get("command", [""])[0] == "sh":
            assert service["init"]


def test_postgres_is_ready_only_once_others_can_connect(services: dict[str, dict[str, Any]]) -> None:
    assert "--host=127.0.0.1" in services["postgres"]["healthcheck"]["test"]


def test_files_that_git_replaces_are_mounted_with_their_directory(services: dict[str, dict[str, Any]]) -> None:
    mounted = [volume.split(":")[0] for service in services.values() for volume in service.get("volumes", ())]
    assert [source for source in mounted if source.startswith("./") and not (ROOT / source).is_dir()] == []


def test_every_service_has_a_health_check(services: dict[str, dict[str, Any]]) -> None:
    # The server's own is in its image.
    assert [name for name, service in services.items() if "healthcheck" not in service] == ["server"]
