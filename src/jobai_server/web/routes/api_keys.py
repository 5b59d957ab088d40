"""/api-keys: what administrators do with keys. `{key}` is a public id; a whole key is understood too."""

from __future__ import annotations

import re
import time
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import JSONResponse, Response

from jobai_server.auth.key_fields import KeyFields, expiry
from jobai_server.auth.key_object import key_object
from jobai_server.auth.key_record import KeyRecord
from jobai_server.auth.key_rows import KeyFilter
from jobai_server.openai_format.api_keys import CreateKeyRequest, ListKeysQuery, RotateKeyRequest, UpdateKeyRequest
from jobai_server.web.authentication import CallerDependency, requires
from jobai_server.web.dependencies import StateDependency, body_of, query_of

router = APIRouter(prefix="/api-keys", dependencies=[requires("admin")])

CreateBody = Annotated[CreateKeyRequest, Depends(body_of(CreateKeyRequest))]
UpdateBody = Annotated[UpdateKeyRequest, Depends(body_of(UpdateKeyRequest))]
RotateBody = Annotated[RotateKeyRequest, Depends(body_of(RotateKeyRequest))]
ListQuery = Annotated[ListKeysQuery, Depends(query_of(ListKeysQuery))]


async def _expected_version(request: Request) -> int | None:
    """The version that If-Match names; None where any will do."""
    given = request.headers.get("if-match", "*").strip()
    if given == "*":
        return None
    match = re.fullmatch(r'"?([0-9]{1,15})"?', given)
    return int(match[1]) if match else -1  # no key has it


ExpectedVersion = Annotated[int | None, Depends(_expected_version)]


@router.post("/create")
async def create_key(body: CreateBody, caller: CallerDependency, state: StateDependency) -> Response:
    record, key = await state.access.create(caller.key_id, KeyFields(**_fields(body.given())))
    return _answer(record, key, status=201)


@router.get("/list")
async def list_keys(query: ListQuery, state: StateDependency) -> Response:
    asked = KeyFilter(limit=query.limit + 1, after=query.after, role=query.role, state=query.state)
    records = await state.access.list(asked)
    now = time.time()
    data = [key_object(record, now) for record in records[: query.limit]]
    ends = {"first_id": data[0]["id"], "last_id": data[-1]["id"]} if data else {"first_id": None, "last_id": None}
    return JSONResponse({"object": "list", "data": data, **ends, "has_more": len(records) > query.limit})


@router.patch("/update/{key:path}")
async def update_key(
    key: str, body: UpdateBody, version: ExpectedVersion, caller: CallerDependency, state: StateDependency
) -> Response:
    return _answer(await state.access.update(caller.key_id, key, _fields(body.given()), version=version))


@router.delete("/revoke/{key:path}")
async def revoke_key(key: str, version: ExpectedVersion, caller: CallerDependency, state: StateDependency) -> Response:
    return _answer(await state.access.revoke(caller.key_id, key, version=version))


@router.post("/rotate/{key:path}")
async def rotate_key(
    key: str, body: RotateBody, version: ExpectedVersion, caller: CallerDependency, state: StateDependency
) -> Response:
    record, new_key = await state.access.rotate(caller.key_id, key, body.grace_period_seconds, version=version)
    return _answer(record, new_key)


def _fields(given: dict[str, Any]) -> dict[str, Any]:
    """The request's fields as the store has them: the expiry as a time instead of a number of days."""
    if "expires_in_days" in given:
        given["expires_at"] = expiry(given.pop("expires_in_days"), time.time())
    return given


def _answer(record: KeyRecord, key: str | None = None, *, status: int = 200) -> Response:
    """The key's object; with `key`, the one time that it is shown."""
    shown = {} if key is None else {"key": key}
    return JSONResponse(key_object(record, time.time()) | shown, status, {"etag": f'"{record.version}"'})
