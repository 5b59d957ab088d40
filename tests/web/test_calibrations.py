"""/v1/classifications/calibrations in front of an engine whose overconfidence is known."""

from __future__ import annotations

import math
import random
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from tests.stand_in_engine import StandInEngine, stand_in_card
from tests.web.served_app import ServedApp, served_app

from jobai_server.classification.calibration import store as store_module
from jobai_server.engines.next_token import NextTokenPrompt
from jobai_server.errors import EngineDied

PATH = "/v1/classifications/calibrations"
CATEGORIES = ["alpha", "beta"]
OVERCONFIDENCE = 4.0


def leaning(prompt: NextTokenPrompt) -> list[float]:
    """Every text says how far it leans to alpha; the engine makes far too much of it, whatever the letters' order."""
    text = bytes(prompt.token_ids).decode()
    lean = float((re.search(r"lean (\S+)\.", text) or ["", "0"])[1]) * OVERCONFIDENCE
    if "apply" in text:  # yes or no; yes is asked for first
        sign = 1 if "category alpha" in text else -1
        return [sign * lean / 2 if chr(token_id) in "Yy" else -sign * lean / 2 for token_id in prompt.next_token_ids]
    alpha = ord((re.search(r"(\w): alpha", text) or ["", "A"])[1])
    return [lean / 2 if token_id == alpha else -lean / 2 for token_id in prompt.next_token_ids]


def examples(count: int, **fields: Any) -> list[dict[str, Any]]:
    chance = random.Random(1)
    made = []
    for number in range(count):
        lean = chance.gauss(0, 1.5)
        right = "alpha" if chance.random() < 1 / (1 + math.exp(-lean)) else "beta"
        made.append({"text": f"Text {number}, lean {lean:.4f}.", "category": right} | fields)
    return made


def calibration(**changes: Any) -> dict[str, Any]:
    return {"categories": CATEGORIES, "examples": examples(120)} | changes


@pytest.fixture
async def app() -> AsyncIterator[ServedApp]:
    engine = StandInEngine(card=stand_in_card(roles=("primary", "classification")), judge=leaning)
    async with served_app(engine) as served:
        yield served


async def made(app: ServedApp, client: httpx.AsyncClient | None = None, **changes: Any) -> dict[str, Any]:
    answer = await (client or app.client).post(PATH, json=calibration(**changes))
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document


async def classified(app: ServedApp, **changes: Any) -> httpx.Response:
    return await app.client.post(
        "/v1/classifications", json={"text": "A text, lean 2.0.", "categories": CATEGORIES} | changes
    )


async def refusal(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 400, answer.text
    error: dict[str, Any] = answer.json()["error"]
    return error


async def test_overconfidence_is_measured_and_taken_back(app: ServedApp) -> None:
    kept = await made(app)
    assert kept["id"].startswith("calib_")
    assert kept["temperature"] == pytest.approx(OVERCONFIDENCE, rel=0.4)
    report = kept["evaluation"]
    assert (report["method"], report["held_out_examples"]) == ("cross_validation", 120)
    assert report["after"]["expected_calibration_error"] < report["before"]["expected_calibration_error"]
    assert report["after"]["brier_score"] < report["before"]["brier_score"]
    assert kept["usage"]["prompt_tokens"] > 0
    plain = (await classified(app)).json()
    assert plain["calibrated"] is False
    assert "calibration" not in plain
    answer = (await classified(app, calibration=kept["id"])).json()
    assert answer["calibrated"] is True
    error = report["after"]["expected_calibration_error"]
    assert answer["calibration"] == {"id": kept["id"], "expected_calibration_error": error}
    scores, before = answer["data"][0]["scores"], plain["data"][0]["scores"]
    assert sum(scores.values()) == pytest.approx(1, abs=1e-9)
    expected = math.log(before["alpha"] / before["beta"]) / kept["temperature"]
    expected += kept["biases"]["alpha"] - kept["biases"]["beta"]
    assert math.log(scores["alpha"] / scores["beta"]) == pytest.approx(expected, abs=1e-6)


async def test_the_order_of_the_categories_does_not_matter(app: ServedApp) -> None:
    kept = await made(app)
    first = (await classified(app, calibration=kept["id"])).json()["data"][0]
    turned = (await classified(app, calibration=kept["id"], categories=CATEGORIES[::-1])).json()["data"][0]
    assert list(turned["scores"]) == CATEGORIES[::-1]
    assert turned["scores"] == pytest.approx(first["scores"])


async def test_multi_label_is_calibrated_category_by_category(app: ServedApp) -> None:
    several = [{"text": one["text"], "categories": [one["category"]]} for one in examples(60)]
    kept = await made(app, multi_label=True, examples=several)
    assert kept["multi_label"] is True
    assert kept["temperature"] > 1.5
    plain = (await classified(app, multi_label=True)).json()["data"][0]["scores"]
    found = (await classified(app, multi_label=True, calibration=kept["id"])).json()["data"][0]["scores"]
    odds = math.log(plain["alpha"] / (1 - plain["alpha"]))
    expected = odds / kept["temperature"] + kept["biases"]["alpha"]
    assert math.log(found["alpha"] / (1 - found["alpha"])) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("changes", "differs"),
    [
        ({"categories": ["alpha", "gamma"]}, "categories"),
        ({"categories": ["alpha", "beta", "gamma"]}, "categories"),
        ({"categories": ["alpha", {"name": "beta", "description": "second"}]}, "categories"),
        ({"instructions": "Be strict."}, "instructions"),
        ({"multi_label": True}, "multi_label"),
        ({"permutations": 1}, "permutations"),
        ({"prior_correction": False}, "prior_correction"),
        ({"method": "names"}, "method"),
    ],
)
async def test_a_calibration_is_for_what_it_was_made_for(app: ServedApp, changes: dict[str, Any], differs: str) -> None:
    kept = await made(app)
    assert (await classified(app, calibration=kept["id"], permutations=2, method="letters")).status_code == 200
    error = await refusal(await classified(app, **({"calibration": kept["id"]} | changes)))
    assert (error["param"], error["code"]) == ("calibration", "calibration_mismatch")
    assert differs in error["message"].split("differs in")[1]


async def test_what_is_null_is_left_to_the_calibration(app: ServedApp) -> None:
    measured: dict[str, Any] = {"permutations": 1, "prior_correction": False, "method": "names"}
    kept = await made(app, **measured)
    left_out = await classified(app, calibration=kept["id"])
    nothing = await classified(app, calibration=kept["id"], **dict.fromkeys(measured))
    assert (left_out.status_code, nothing.status_code) == (200, 200), nothing.text
    assert nothing.json()["data"] == left_out.json()["data"]


async def test_a_calibration_of_another_model_is_refused(app: ServedApp) -> None:
    kept = await made(app)
    app.engine.card = stand_in_card(roles=("primary", "classification"), fingerprint="fp_other")
    error = await refusal(await classified(app, calibration=kept["id"]))
    assert "version of the model" in error["message"]


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"examples": examples(19)}, "examples"),
        ({"examples": examples(40, category="alpha")}, "examples"),
        ({"examples": examples(30, category="gamma")}, "examples[0].category"),
        (
            {"multi_label": True, "examples": [*examples(30), {"text": "x", "categories": ["alpha", "gamma"]}]},
            "examples[30].categories[1]",
        ),
        ({"examples": [*examples(30), {"text": "x"}]}, "examples[30].category"),
        ({"examples": [*examples(30), {"text": "x", "category": "alpha", "categories": []}]}, "examples[30].category"),
        ({"examples": [*examples(30), {"text": "x", "categories": ["alpha"]}]}, "examples[30].categories"),
        ({"examples": examples(1001)}, "examples"),
        ({"examples": [*examples(30), {"text": "x" * 5000, "category": "alpha"}]}, "examples[30].text"),
        ({"categories": ["alpha"]}, "categories"),
        ({"categories": [*CATEGORIES, " Alpha"]}, "categories[2]"),
        ({"text": "x"}, "text"),
    ],
)
async def test_what_is_wrong_is_named(app: ServedApp, changes: dict[str, Any], param: str) -> None:
    assert (await refusal(await app.client.post(PATH, json=calibration(**changes))))["param"] == param
    assert app.engine.judged == []


async def test_nothing_is_kept_where_the_engine_fails(app: ServedApp) -> None:
    app.engine.fail_before = EngineDied("dead")
    assert (await app.client.post(PATH, json=calibration())).status_code == 503
    assert (await app.client.get(PATH)).json()["data"] == []


async def test_a_key_sees_its_own_and_an_admin_all(app: ServedApp) -> None:
    clients = []
    for name in ("one", "two"):
        key = (await app.client.post("/api-keys/create", json={"name": name})).json()["key"]
        clients.append(httpx.AsyncClient(base_url=app.client.base_url, headers={"X-API-Key": key}))
    one, two = clients
    async with one, two:
        kept = await made(app, one)
        path = f"{PATH}/{kept['id']}"
        del kept["usage"]
        assert (await one.get(path)).json() == kept
        assert (await app.client.get(path)).json() == kept
        assert [item["id"] for item in (await one.get(PATH)).json()["data"]] == [kept["id"]]
        assert (await two.get(PATH)).json() == {
            "object": "list",
            "data": [],
            "first_id": None,
            "last_id": None,
            "has_more": False,
        }
        used = {"text": "x", "categories": CATEGORIES, "calibration": kept["id"]}
        assert (await one.post("/v1/classifications", json=used)).status_code == 200
        for answer in (await two.get(path), await two.delete(path), await two.post("/v1/classifications", json=used)):
            assert (answer.status_code, answer.json()["error"]["code"]) == (404, "calibration_not_found")
        assert (await app.client.delete(path)).json() == {
            "id": kept["id"],
            "object": "classification.calibration.deleted",
            "deleted": True,
        }
        assert (await one.get(path)).status_code == 404
        assert (await one.post("/v1/classifications", json=used)).json()["error"]["param"] == "calibration"


async def test_a_key_may_have_so_many_and_pages_are_cut(app: ServedApp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "MAX_PER_KEY", 3)
    ids = [(await made(app))["id"] for _ in range(3)]
    full = await app.client.post(PATH, json=calibration())
    assert (full.status_code, full.json()["error"]["code"]) == (409, "too_many_calibrations")
    first = (await app.client.get(PATH, params={"limit": 2})).json()
    assert ([one["id"] for one in first["data"]], first["has_more"]) == (ids[:0:-1], True)
    rest = (await app.client.get(PATH, params={"limit": 2, "after": first["last_id"]})).json()
    assert ([one["id"] for one in rest["data"]], rest["has_more"]) == (ids[:1], False)
    assert (await app.client.get(PATH, params={"limit": 0})).status_code == 400
    assert (await app.client.get(PATH, params={"after": "calib_none"})).status_code == 404
