"""Bodies that no parser of the app ever sees, and the OpenAI shape of every refusal."""

from __future__ import annotations

import httpx2
import pytest

pytestmark = pytest.mark.engine

CHAT = "/v1/chat/completions"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "invalid_json"),
        (b"{", "invalid_json"),
        (b"messages=hello", "invalid_json"),
        (b"[]", "invalid_json"),
        (b"null", "invalid_json"),
        (b'{"temperature": NaN}', "invalid_json"),
        (b'{"temperature": -Infinity}', "invalid_json"),
        (b'{"temperature": 1e999}', "invalid_json"),
        (b'{"temperature": 1, "temperature": 2}', "invalid_json"),
        (b'{"metadata": {"a": "1", "a": "2"}}', "invalid_json"),
        (b'{"a": ' + b"[" * 40 + b"]" * 40 + b"}", "invalid_json"),
        (b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "invalid_json"),
        (b'{"seed": ' + b"9" * 10_000 + b"}", "invalid_json"),
        (rb'{"prompt": "\ud800"}', "invalid_unicode"),
        (rb'{"prompt": "\udc00\ud800"}', "invalid_unicode"),
        (rb'{"prompt": "\u0000"}', "invalid_unicode"),
        (rb'{"\u0000": 1}', "invalid_unicode"),
        (b'{"prompt": "\xff"}', "invalid_unicode"),
        (b'{"prompt": "\xed\xa0\x80"}', "invalid_unicode"),
    ],
    ids=lambda value: repr(value)[:32],
)
def test_what_is_not_sane_json_is_refused(http: httpx2.Client, body: bytes, code: str) -> None:
    reply = http.post(CHAT, content=body, headers={"Content-Type": "application/json"})
    assert _refusal(reply, 400)["code"] == code


def test_a_whole_surrogate_pair_is_sane(http: httpx2.Client) -> None:
    body = rb'{"messages": [{"role": "user", "content": "\ud83d\ude00 \\ud800"}], "max_tokens": 1}'
    reply = http.post(CHAT, content=body, headers={"Content-Type": "application/json; charset=utf-8"})
    assert reply.status_code == 200


def test_a_body_over_the_limit_is_too_large(http: httpx2.Client) -> None:
    reply = http.post(CHAT, json={"messages": [{"role": "user", "content": "a" * (4 << 20)}]})
    assert _refusal(reply, 413)["code"] == "request_too_large"


def test_a_body_of_undeclared_length_is_held_to_the_limit_as_well(http: httpx2.Client) -> None:
    reply = http.post(CHAT, content=(b" " * 65_536 for _ in range(65)), headers={"Content-Type": "application/json"})
    assert _refusal(reply, 413)["code"] == "request_too_large"


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""])
def test_other_media_types_are_unsupported(http: httpx2.Client, media_type: str) -> None:
    reply = http.post(CHAT, content=b'{"messages": []}', headers={"Content-Type": media_type})
    assert _refusal(reply, 415)["code"] == "unsupported_media_type"


@pytest.mark.parametrize(
    "path", ["/page/", "/v1", "/v1/chat", "/v1/chat/completions/", "/docs", "/openapi.json", "/v2/x"]
)
def test_an_unknown_url_is_not_found(http: httpx2.Client, path: str) -> None:
    assert _refusal(http.get(path), 404)["code"] == "unknown_url"


@pytest.mark.parametrize(
    ("method", "path"), [("GET", CHAT), ("DELETE", CHAT), ("DELETE", "/v1/completions"), ("POST", "/health")]
)
def test_a_wrong_method_is_not_allowed(http: httpx2.Client, method: str, path: str) -> None:
    reply = http.request(method, path, json={} if method == "POST" else None)
    assert _refusal(reply, 405)["code"] == "method_not_allowed"
    assert reply.headers["allow"]


@pytest.mark.parametrize("given", ["my-id_1", "a" * 64])
def test_a_request_id_comes_back(http: httpx2.Client, given: str) -> None:
    assert http.get("/health", headers={"X-Request-Id": given}).headers["x-request-id"] == given


@pytest.mark.parametrize("given", [None, "", "a" * 65, "two words", "line\tbreak", "<script>"])
def test_an_unusable_request_id_is_replaced_by_a_new_one(http: httpx2.Client, given: str | None) -> None:
    headers = {} if given is None else {"X-Request-Id": given}
    ids = [http.get("/v1/nothing", headers=headers).headers["x-request-id"] for _ in range(2)]
    assert all(request_id.startswith("req_") for request_id in ids)
    assert ids[0] != ids[1]


def test_no_other_origin_may_call_by_default(http: httpx2.Client) -> None:
    origin = {"Origin": "https://chat.example", "Access-Control-Request-Method": "POST"}
    for reply in (http.options(CHAT, headers=origin), http.get("/health", headers=origin)):
        assert not [name for name in reply.headers if name.startswith("access-control-")]


def _refusal(reply: httpx2.Response, status: int) -> dict[str, str | None]:
    assert reply.status_code == status
    assert reply.headers["content-type"] == "application/json"
    body = reply.json()
    assert set(body) == {"error"}
    error: dict[str, str | None] = body["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert error["type"] == "invalid_request_error"
    assert error["message"]
    return error
