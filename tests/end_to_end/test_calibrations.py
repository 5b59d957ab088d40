"""Calibrations on the real engine, made by one web worker and used by all."""

from __future__ import annotations

import math
import random
from typing import Any

import httpx2
import pytest
from openai import NotFoundError, OpenAI
from tests.end_to_end.running_server import RunningServer

pytestmark = pytest.mark.engine

PATH = "/v1/classifications/calibrations"
CATEGORIES = ["job_posting", "news", "recipe"]
POSTING = "We are hiring a nurse in Oslo. Full time, 60 000 a year. Apply now!"


def examples() -> list[dict[str, str]]:
    """Labels that have nothing to do with the texts: whatever the model makes of these, it is too sure of it."""
    chance = random.Random(7)
    openings = (
        "We are hiring a",
        "Wanted: one",
        "Yesterday the minister met a",
        "Fry the onions for the",
        "Apply as a",
    )
    texts = [f"{chance.choice(openings)} {chance.choice(('nurse', 'driver', 'baker'))} no. {n}" for n in range(100)]
    return [{"text": text, "category": chance.choices(CATEGORIES, (8, 1, 1))[0]} for text in texts]


@pytest.fixture(scope="module")
def calibration(server: RunningServer) -> dict[str, Any]:
    body = {"categories": CATEGORIES, "examples": examples()}
    with httpx2.Client(base_url=server.url, headers=server.headers, timeout=120) as http:
        answer = http.post(PATH, json=body)
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.json()
    return made


def classified(http: httpx2.Client, **body: Any) -> dict[str, Any]:
    answer = http.post("/v1/classifications", json={"text": POSTING, "categories": CATEGORIES} | body)
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document


def test_the_error_on_held_out_examples_falls(calibration: dict[str, Any]) -> None:
    report = calibration["evaluation"]
    assert report["after"]["expected_calibration_error"] < report["before"]["expected_calibration_error"]
    assert report["after"]["log_loss"] < report["before"]["log_loss"]
    assert report["held_out_examples"] == 100


def test_probabilities_are_those_of_the_fit(http: httpx2.Client, calibration: dict[str, Any]) -> None:
    plain, answer = classified(http), classified(http, calibration=calibration["id"])
    assert (plain["calibrated"], answer["calibrated"]) == (False, True)
    assert answer["calibration"]["id"] == calibration["id"]
    before, after = plain["data"][0]["scores"], answer["data"][0]["scores"]
    assert sum(after.values()) == pytest.approx(1, abs=1e-6)
    logits = {name: math.log(before[name]) / calibration["temperature"] + calibration["biases"][name] for name in after}
    total = sum(map(math.exp, logits.values()))
    assert after == pytest.approx({name: math.exp(logit) / total for name, logit in logits.items()}, abs=1e-2)
    assert after != pytest.approx(before, abs=1e-2)


def test_every_worker_knows_it_at_once(server: RunningServer) -> None:
    body = {"categories": CATEGORIES, "examples": examples(), "instructions": "Only just made."}
    with httpx2.Client(base_url=server.url, headers=server.headers, timeout=120) as http:
        made = http.post(PATH, json=body).json()["id"]
    used = {"calibration": made, "instructions": "Only just made."}
    for _ in range(16):  # on a connection of its own, which any worker may accept
        with httpx2.Client(base_url=server.url, headers=server.headers, timeout=60) as http:
            assert classified(http, **used)["calibrated"] is True
    with httpx2.Client(base_url=server.url, headers=server.headers, timeout=60) as http:
        assert http.delete(f"{PATH}/{made}").json()["deleted"] is True
        assert http.get(f"{PATH}/{made}").status_code == 404


def test_it_belongs_to_its_key(server: RunningServer, http: httpx2.Client, calibration: dict[str, Any]) -> None:
    assert calibration["id"] in [one["id"] for one in http.get(PATH, params={"limit": 100}).json()["data"]]
    other = http.post("/api-keys/create", json={"name": "another"}).json()["key"]
    with OpenAI(base_url=server.base_url, api_key=other, max_retries=0) as client:
        with pytest.raises(NotFoundError):
            client.get(f"/classifications/calibrations/{calibration['id']}", cast_to=object)
        used = {"text": POSTING, "categories": CATEGORIES, "calibration": calibration["id"]}
        with pytest.raises(NotFoundError) as unknown:
            client.post("/classifications", body=used, cast_to=object)
        assert unknown.value.param == "calibration"
        assert client.get("/classifications/calibrations", cast_to=dict[str, Any])["data"] == []
