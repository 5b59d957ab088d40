"""/api-keys, as an administrator's client sees it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from tests.stand_in_engine import StandInEngine
from tests.web.served_app import ADMIN_KEY, ServedApp, served_app

from jobai_server.auth.api_key import public_id_of


@pytest.fixture
async def served() -> AsyncIterator[ServedApp]:
    async with served_app(StandInEngine()) as served:
        yield served


async def create(served: ServedApp, **fields: Any) -> dict[str, Any]:
    response = await served.client.post("/api-keys/create", json={"name": "a key"} | fields)
    assert response.status_code == 201, response.text
    created: dict[str, Any] = response.json()
    return created


async def status(served: ServedApp, key: str, path: str = "/v1/models") -> tuple[int, str | None]:
    response = await served.client.get(path, headers={"X-API-Key": key})
    return response.status_code, None if response.is_success else response.json()["error"]["code"]


def refusal(response: httpx.Response) -> tuple[int, str, str | None]:
    error = response.json()["error"]
    return response.status_code, error["code"], error["param"]


async def test_a_key_is_shown_once_and_works_at_once(served: ServedApp) -> None:
    fields = {
        "name": "client1",
        "role": "client",
        "rate_limit": 100,
        "tokens_per_minute": 10_000,
        "max_concurrent_requests": 4,
        "models": ["stand-in", "other"],
        "expires_in_days": 365,
        "metadata": {"team": "search"},
    }
    response = await served.client.post("/api-keys/create", json=fields)
    assert (response.status_code, response.headers["etag"]) == (201, '"1"')
    assert response.headers["cache-control"] == "no-store"
    created = response.json()
    key = created.pop("key")
    assert public_id_of(key) == created["id"]
    assert created["expires_at"] - created["created_at"] == 365 * 86_400
    assert created | fields | {"models": ["other", "stand-in"]} == created | {"expires_in_days": 365}
    assert (created["object"], created["state"], created["version"], created["revoked_at"]) == (
        "api_key",
        "active",
        1,
        None,
    )
    assert await status(served, key) == (200, None)
    listed = await served.client.get("/api-keys/list")
    assert listed.json()["data"][0] == created
    assert key not in listed.text


async def test_only_the_name_is_needed(served: ServedApp) -> None:
    created = await create(served)
    assert (created["role"], created["rate_limit"], created["models"], created["expires_at"]) == (
        "client",
        None,
        None,
        None,
    )


@pytest.mark.parametrize(
    ("fields", "code", "param"),
    [
        ({"name": None}, "invalid_type", "name"),
        ({"name": ""}, "empty_string", "name"),
        ({"name": "x" * 129}, "string_above_max_length", "name"),
        ({"name": "a\x1b[31m"}, "invalid_value", "name"),
        ({"name": "a\u0000b"}, "invalid_unicode", None),
        ({"role": "root"}, "invalid_value", "role"),
        ({"rate_limit": 0}, "integer_below_min_value", "rate_limit"),
        ({"rate_limit": 2**70}, "integer_above_max_value", "rate_limit"),
        ({"rate_limit": "5"}, "invalid_type", "rate_limit"),
        ({"rate_limit": True}, "invalid_type", "rate_limit"),
        ({"tokens_per_minute": 1.5}, "invalid_type", "tokens_per_minute"),
        ({"max_concurrent_requests": -1}, "integer_below_min_value", "max_concurrent_requests"),
        ({"models": []}, "empty_array", "models"),
        ({"models": "stand-in"}, "invalid_type", "models"),
        ({"models": [1]}, "invalid_type", "models[0]"),
        ({"role": "admin", "models": ["stand-in"]}, "invalid_value", "models"),
        ({"expires_in_days": 0}, "decimal_below_min_value", "expires_in_days"),
        ({"expires_in_days": 1e9}, "decimal_above_max_value", "expires_in_days"),
        ({"metadata": {"a": 1}}, "invalid_type", "metadata.a"),
        ({"metadata": {str(number): "" for number in range(17)}}, "object_above_max_properties", "metadata"),
        ({"key_hash": "x"}, "unknown_parameter", "key_hash"),
        ({"rate_limits": 5}, "unknown_parameter", "rate_limits"),
    ],
)
async def test_bad_fields_are_named(served: ServedApp, fields: dict[str, Any], code: str, param: str | None) -> None:
    created = await create(served)
    for method, path in (("POST", "create"), ("PATCH", f"update/{created['id']}")):
        body = {"name": "a key"} | fields if method == "POST" else fields
        response = await served.client.request(method, f"/api-keys/{path}", json=body)
        assert refusal(response) == (400, code, param), method
    assert len((await served.client.get("/api-keys/list")).json()["data"]) == 2


async def test_an_update_changes_what_is_given(served: ServedApp) -> None:
    created = await create(served, rate_limit=5, metadata={"a": "b"}, expires_in_days=1)
    path = f"/api-keys/update/{created['id']}"
    changed = await served.client.patch(path, json={"name": "new", "expires_in_days": None})
    assert changed.status_code == 200
    expected = created | {"name": "new", "expires_at": None, "version": 2}
    del expected["key"]
    assert changed.json() == expected
    assert changed.headers["etag"] == '"2"'
    assert (await served.client.patch(path, json={"metadata": None})).json()["metadata"] == {}
    await served.client.patch(path, json={"role": "monitor"})
    assert await status(served, created["key"]) == (403, "permission_denied")


async def test_if_match_lets_only_the_newest_version_change(served: ServedApp) -> None:
    created = await create(served)
    path = f"/api-keys/update/{created['id']}"
    assert (await served.client.patch(path, json={"name": "b"}, headers={"If-Match": '"1"'})).status_code == 200
    for stale in ('"1"', "1", '"3"', "nonsense", 'W/"2"'):
        headers = {"If-Match": stale}
        for response in (
            await served.client.patch(path, json={"name": "c"}, headers=headers),
            await served.client.delete(f"/api-keys/revoke/{created['id']}", headers=headers),
            await served.client.post(f"/api-keys/rotate/{created['id']}", headers=headers),
        ):
            assert refusal(response) == (412, "precondition_failed", None)
    for fresh in ('"2"', "*"):
        response = await served.client.patch(path, json={"name": "b"}, headers={"If-Match": fresh})
        assert response.status_code == 200


async def test_a_revoked_key_is_refused_at_once_and_says_why(served: ServedApp) -> None:
    created = await create(served)
    revoked = await served.client.delete(f"/api-keys/revoke/{created['id']}")
    assert (revoked.status_code, revoked.json()["state"]) == (200, "revoked")
    assert await status(served, created["key"]) == (401, "api_key_revoked")
    again = await served.client.delete(f"/api-keys/revoke/{created['id']}")
    assert (again.status_code, again.json()) == (200, revoked.json())
    response = await served.client.patch(f"/api-keys/update/{created['id']}", json={"name": "b"})
    assert refusal(response) == (409, "api_key_revoked", None)
    assert response.headers["x-should-retry"] == "false"


async def test_rotation_gives_a_new_secret_and_the_old_one_its_grace(served: ServedApp) -> None:
    created = await create(served)
    rotated = (await served.client.post(f"/api-keys/rotate/{created['id']}")).json()
    assert (rotated["id"], rotated["version"]) == (created["id"], 2)
    assert rotated["key"] != created["key"]
    assert await status(served, created["key"]) == await status(served, rotated["key"]) == (200, None)
    body = {"grace_period_seconds": 0}
    third = (await served.client.post(f"/api-keys/rotate/{created['id']}", json=body)).json()
    assert await status(served, rotated["key"]) == (401, "api_key_expired")
    assert await status(served, created["key"]) == (401, "api_key_expired")  # no earlier secret outlives this one
    assert await status(served, third["key"]) == (200, None)
    for bad in (-1, 1e9, "5", None):
        body = {"grace_period_seconds": bad}  # type: ignore[dict-item]
        response = await served.client.post(f"/api-keys/rotate/{created['id']}", json=body)
        assert refusal(response)[::2] == (400, "grace_period_seconds")


async def test_the_whole_key_is_understood_and_not_repeated(served: ServedApp) -> None:
    created = await create(served)
    key = created["key"]
    changed = await served.client.patch(f"/api-keys/update/{key}", json={"name": "by key"})
    assert (changed.status_code, changed.json()["id"]) == (200, created["id"])
    assert key not in changed.text
    unrouted = await served.client.get(f"/api-keys/update/{key}")
    assert unrouted.status_code == 405
    assert key not in unrouted.text
    unknown = await served.client.get(f"/nowhere/{key}")
    assert key not in unknown.text
    wrong = key[:-1] + ("a" if key[-1] != "a" else "b")
    response = await served.client.delete(f"/api-keys/revoke/{wrong}")
    assert refusal(response) == (404, "api_key_not_found", None)
    assert wrong not in response.text
    # A key that an operator chose may hold anything, and comes percent-encoded.
    assert (await served.client.post(f"/api-keys/rotate/{ADMIN_KEY}")).status_code == 200


@pytest.mark.parametrize(
    "key", ["0" * 12, "a/b", "..%2f..%2fetc", "%00", "' OR '1'='1", "\udcff".encode("utf-8", "surrogateescape").hex()]
)
async def test_an_unknown_key_is_a_404(served: ServedApp, key: str) -> None:
    for method, path in (("PATCH", "update"), ("DELETE", "revoke"), ("POST", "rotate")):
        body: dict[str, Any] = {"json": {}} if method != "DELETE" else {}
        response = await served.client.request(method, f"/api-keys/{path}/{key}", **body)
        assert refusal(response) == (404, "api_key_not_found", None), response.text


async def test_the_last_admin_key_cannot_go(served: ServedApp) -> None:
    [admin] = (await served.client.get("/api-keys/list")).json()["data"]
    for response in (
        await served.client.delete(f"/api-keys/revoke/{admin['id']}"),
        await served.client.patch(f"/api-keys/update/{admin['id']}", json={"role": "client"}),
        await served.client.patch(f"/api-keys/update/{admin['id']}", json={"expires_in_days": 365}),
    ):
        assert refusal(response) == (409, "last_admin_key", None)
        assert response.headers["x-should-retry"] == "false"
    await create(served, role="admin")
    assert (await served.client.delete(f"/api-keys/revoke/{admin['id']}")).status_code == 200
    assert await status(served, ADMIN_KEY) == (401, "api_key_revoked")


async def test_lists_are_paged_and_filtered(served: ServedApp) -> None:
    ids = [(await create(served, name=str(number), role="monitor"))["id"] for number in range(5)]
    await served.client.delete(f"/api-keys/revoke/{ids[0]}")
    query: dict[str, Any] = {"limit": 2, "role": "monitor"}
    seen = []
    while True:
        page = (await served.client.get("/api-keys/list", params=query)).json()
        seen += [key["id"] for key in page["data"]]
        assert page["object"] == "list"
        assert [page["first_id"], page["last_id"]] == [page["data"][0]["id"], page["data"][-1]["id"]]
        if not page["has_more"]:
            break
        query["after"] = page["last_id"]
    assert seen == ids[::-1]
    revoked = await served.client.get("/api-keys/list?state=revoked")
    assert [key["id"] for key in revoked.json()["data"]] == ids[:1]
    empty = (await served.client.get("/api-keys/list?state=expired")).json()
    assert empty == {"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False}


@pytest.mark.parametrize(
    ("query", "status_code", "param"),
    [
        ("limit=0", 400, "limit"),
        ("limit=101", 400, "limit"),
        ("limit=x", 400, "limit"),
        ("limit=", 400, "limit"),
        ("limit=1&limit=2", 400, "limit"),
        ("role=root", 400, "role"),
        ("state=gone", 400, "state"),
        ("sort=name;DROP", 400, "sort"),
        ("after='", 400, "after"),
        ("after=%00", 400, "after"),
        ("after=000000000000", 404, None),
    ],
)
async def test_bad_queries_are_named(served: ServedApp, query: str, status_code: int, param: str | None) -> None:
    response = await served.client.get(f"/api-keys/list?{query}")
    assert (response.status_code, response.json()["error"]["param"]) == (status_code, param)


async def test_a_store_that_takes_no_writes_gives_away_no_key(
    served: ServedApp, caplog: pytest.LogCaptureFixture
) -> None:
    """What a full disk does; known keys go on working, and a key that should be revoked is refused in memory."""
    from sqlalchemy import text

    created = await create(served)
    store = served.state.access.store
    async with store.database.changing() as connection:
        trigger = "CREATE TRIGGER full BEFORE UPDATE ON key_store BEGIN SELECT RAISE(FAIL, 'disk is full'); END"
        await connection.execute(text(trigger))
    response = await served.client.post("/api-keys/create", json={"name": "b"})
    assert refusal(response) == (503, "store_unavailable", None)
    assert "jobai_" not in response.text
    assert await status(served, created["key"]) == (200, None)
    response = await served.client.delete(f"/api-keys/revoke/{created['id']}")
    assert response.status_code == 503
    assert await status(served, created["key"]) == (401, "api_key_revoked")
    assert "could not be revoked" in caplog.text
    async with store.database.changing() as connection:
        await connection.execute(text("DROP TRIGGER full"))
    assert len((await served.client.get("/api-keys/list")).json()["data"]) == 2
    assert (await served.client.delete(f"/api-keys/revoke/{created['id']}")).status_code == 200
