"""Every expression of dashboards and alerts, asked of a real Prometheus that scrapes the real server."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
import yaml
from openai import OpenAI
from tests.end_to_end.running_server import RunningServer

DEPLOY = Path(__file__).parents[2] / "deploy"
PROMETHEUS = shutil.which("prometheus")

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(PROMETHEUS is None, reason="Prometheus is not installed (Debian's package prometheus)"),
]

# Grafana's own variables, and the readers' choices.
VARIABLES = {"$__rate_interval": "5m", "$model": ".*", "$key_id": ".*"}
# What an alert compares with: without it the expression must have a value on a healthy server, too.
COMPARISON = re.compile(r"\s*(==|>|<)\s*[0-9.e]+\s*$")


# A query for a reader's choices, and what is in it: the series and the label.
CHOICES = re.compile(r"label_values\((.+), (\w+)\)")


def choices() -> list[tuple[str, str]]:
    """Every dashboard's variables, as the series they are read from and the label."""
    found = []
    for path in sorted((DEPLOY / "grafana/dashboards").glob("*.json")):
        for variable in json.loads(path.read_text())["templating"]["list"]:
            match = CHOICES.fullmatch(variable["query"]["query"])
            assert match, f"{path.name}: {variable['name']}"
            found.append((match[1], match[2]))
    return found


def expressions() -> dict[str, str]:
    found = {}
    for path in sorted((DEPLOY / "grafana/dashboards").glob("*.json")):
        for panel in json.loads(path.read_text())["panels"]:
            for target in panel["targets"]:
                name = f"{path.stem}: {panel['title']} {target['refId']}"
                found[name] = target["expr"]
    for group in yaml.safe_load((DEPLOY / "prometheus/alerts.yml").read_text())["groups"]:
        for rule in group["rules"]:
            assert COMPARISON.search(rule["expr"]), rule
            found[f"alert: {rule['alert']}"] = COMPARISON.sub("", rule["expr"])
    return found


@pytest.fixture(scope="module")
def prometheus(server: RunningServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx2.Client]:
    """A Prometheus that has scraped the server a few times, with a monitor key in a credentials file."""
    assert PROMETHEUS
    folder = tmp_path_factory.mktemp("prometheus")
    with httpx2.Client(base_url=server.url, headers=server.headers) as http:
        created = http.post("/api-keys/create", json={"name": "prometheus", "role": "monitor"}).raise_for_status()
    (folder / "monitor-key").write_text(created.json()["key"])
    settings = yaml.safe_load((DEPLOY / "prometheus/prometheus.yml").read_text())
    [job] = [one for one in settings["scrape_configs"] if one["job_name"] == "jobai-server"]
    job["static_configs"] = [{"targets": [f"127.0.0.1:{server.port}"]}]
    job["authorization"]["credentials_file"] = "monitor-key"
    settings["global"] = {"scrape_interval": "2s", "scrape_timeout": "2s", "evaluation_interval": "2s"}
    settings["scrape_configs"] = [job]
    settings["rule_files"] = [str(DEPLOY / "prometheus/alerts.yml")]
    (folder / "prometheus.yml").write_text(yaml.safe_dump(settings))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                PROMETHEUS,
                f"--config.file={folder}/prometheus.yml",
                f"--storage.tsdb.path={folder}/data",
                f"--web.listen-address=127.0.0.1:{port}",
            ],
            stdout=log,
            stderr=log,
        )
    try:
        with httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            _wait_until_ready(client, process, folder / "log")
            yield client
    finally:
        process.terminate()
        process.wait(30)


def test_every_expression_has_a_value(prometheus: httpx2.Client, client: OpenAI, http: httpx2.Client) -> None:
    scrapes = "count_over_time(up[1h])"
    for _ in range(3):
        _a_little_of_everything(client, http)
        before = _scalar(prometheus, scrapes)
        deadline = time.monotonic() + 60
        while _scalar(prometheus, scrapes) <= before + 1 and time.monotonic() < deadline:
            time.sleep(0.5)
    problems = {}
    for name, expression in expressions().items():
        for variable, value in VARIABLES.items():
            expression = expression.replace(variable, value)
        reply = prometheus.get("/api/v1/query", params={"query": expression}).json()
        if reply["status"] != "success":
            problems[name] = reply["error"]
        elif not reply["data"]["result"]:
            problems[name] = f"is empty: {expression}"
        elif all(one["value"][1] == "NaN" for one in reply["data"]["result"]):
            problems[name] = f"is not a number: {expression}"
    for selector, label in choices():
        reply = prometheus.get(f"/api/v1/label/{label}/values", params={"match[]": selector}).json()
        if not reply.get("data"):
            problems[f"choices of {label}"] = f"are none: {selector}"
    assert problems == {}


def test_the_rules_are_loaded_and_nothing_critical_fires(prometheus: httpx2.Client) -> None:
    [group] = prometheus.get("/api/v1/rules").json()["data"]["groups"]
    assert {rule["health"] for rule in group["rules"]} <= {"ok", "unknown"}
    firing = {rule["name"] for rule in group["rules"] if rule["state"] == "firing"}
    assert firing.isdisjoint({"JobaiServerDown", "JobaiEngineDown", "JobaiKeyStoreStale"})


def _a_little_of_everything(client: OpenAI, http: httpx2.Client) -> None:
    for _ in range(4):
        client.chat.completions.create(model="primary", messages=[{"role": "user", "content": "hi"}], max_tokens=4)
        client.embeddings.create(model="embedding", input=["one", "two words"])
        classified = {"text": "We are hiring", "categories": ["job_posting", "resume"]}
        http.post("/v1/classifications", json=classified).raise_for_status()
        assert http.get("/v1/nothing").status_code == 404


def _scalar(prometheus: httpx2.Client, expression: str) -> float:
    result = prometheus.get("/api/v1/query", params={"query": expression}).json()["data"]["result"]
    return float(result[0]["value"][1]) if result else 0.0


def _wait_until_ready(client: httpx2.Client, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if client.get("/-/ready").status_code == 200:
                return
        except httpx2.TransportError:
            pass
        assert process.poll() is None, log.read_text()
        time.sleep(0.2)
    raise AssertionError(log.read_text())
