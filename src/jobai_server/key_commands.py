"""`jobai-server keys …`: the host's way to its keys, also when every admin key is lost."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

import typer

from jobai_server.auth.host import host_actor, with_host_store
from jobai_server.auth.key_fields import DEFAULT_GRACE_SECONDS, LIMITS, KeyFields, checked_grace, expiry
from jobai_server.auth.key_object import key_object
from jobai_server.auth.key_record import STATES, KeyRecord
from jobai_server.auth.key_rows import KeyFilter
from jobai_server.auth.key_store import KeyStore
from jobai_server.auth.role import ROLES
from jobai_server.errors import ConfigurationError, InvalidRequest, ServerError

app = typer.Typer(no_args_is_help=True, help="API keys, in this host's store; a running server follows within 1 s.")

Result = TypeVar("Result")

NONE = "none"
PAGE = 100

Key = Annotated[str, typer.Argument(help="The key's public id, or the whole key.", show_default=False)]
Role = Annotated[str | None, typer.Option(help="admin, client or monitor.")]
Limit = Annotated[str | None, typer.Option(help="A number, or none for no limit.", metavar="NUMBER|none")]
Models = Annotated[list[str] | None, typer.Option("--model", help="A model it may use (repeatable); none: all.")]
Days = Annotated[str | None, typer.Option(help="Days from now, or none for never.", metavar="DAYS|none")]
Metadata = Annotated[list[str] | None, typer.Option(help="NAME=VALUE (repeatable).", metavar="NAME=VALUE")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def create(
    name: Annotated[str, typer.Option(help="What the key is called.")],
    role: Role = "client",
    rate_limit: Limit = None,
    tokens_per_minute: Limit = None,
    max_concurrent_requests: Limit = None,
    models: Models = None,
    expires_in_days: Days = None,
    metadata: Metadata = None,
    as_json: AsJson = False,
) -> None:
    """Make a key and print it, the only time it can be seen."""
    limits = (rate_limit, tokens_per_minute, max_concurrent_requests)
    _run(lambda store: _created(store, _fields(name, role, limits, models, expires_in_days, metadata)), as_json)


@app.command("list")
def list_keys(
    role: Role = None,
    state: Annotated[str | None, typer.Option(help="active, expired or revoked.")] = None,
    as_json: AsJson = False,
) -> None:
    """Every key, the newest first."""
    records = _guarded(lambda store: _all(store, role, state))
    now = time.time()
    if as_json:
        _print(json.dumps([key_object(record, now) for record in records], indent=2))
        return
    _print(f"{'ID':12}  {'ROLE':7}  {'STATE':7}  {'EXPIRES':10}  NAME")
    for record in records:
        caller, at = record.caller, record.expires_at
        expires = "never" if at is None else time.strftime("%Y-%m-%d", time.gmtime(at))
        _print(f"{record.id:12}  {caller.role:7}  {record.state(now):7}  {expires:10}  {caller.name}")


@app.command()
def update(
    key: Key,
    name: Annotated[str | None, typer.Option(help="What the key is called.")] = None,
    role: Role = None,
    rate_limit: Limit = None,
    tokens_per_minute: Limit = None,
    max_concurrent_requests: Limit = None,
    models: Models = None,
    expires_in_days: Days = None,
    metadata: Metadata = None,
    as_json: AsJson = False,
) -> None:
    """Change what is given and leave the rest."""
    limits = (rate_limit, tokens_per_minute, max_concurrent_requests)
    _run(lambda store: _updated(store, key, _fields(name, role, limits, models, expires_in_days, metadata)), as_json)


@app.command()
def revoke(key: Key, as_json: AsJson = False) -> None:
    """End a key for good."""

    async def revoked(store: KeyStore) -> tuple[KeyRecord, None]:
        return await store.revoke(host_actor(), key), None

    _run(revoked, as_json)


@app.command()
def rotate(
    key: Key,
    grace_period_seconds: Annotated[
        float, typer.Option(help="How long the old secret goes on working.")
    ] = DEFAULT_GRACE_SECONDS,
    as_json: AsJson = False,
) -> None:
    """Give a key a new secret and print it."""
    _run(lambda store: store.rotate(host_actor(), key, checked_grace(grace_period_seconds)), as_json)


async def _created(store: KeyStore, fields: dict[str, Any]) -> tuple[KeyRecord, str]:
    return await store.create(host_actor(), KeyFields(**fields))


async def _updated(store: KeyStore, key: str, changes: dict[str, Any]) -> tuple[KeyRecord, None]:
    return await store.update(host_actor(), key, changes), None


async def _all(store: KeyStore, role: Any, state: Any) -> list[KeyRecord]:
    for param, value, allowed in (("role", role, ROLES), ("state", state, STATES)):
        if value not in (None, *allowed):
            raise InvalidRequest(f"Invalid '{param}'; allowed: {' or '.join(allowed)}.", param=param)
    records: list[KeyRecord] = []
    while True:
        after = records[-1].id if records else None
        page = await store.list(KeyFilter(limit=PAGE, after=after, role=role, state=state))
        records += page
        if len(page) < PAGE:
            return records


def _fields(
    name: str | None,
    role: str | None,
    limits: tuple[str | None, str | None, str | None],
    models: list[str] | None,
    days: str | None,
    metadata: list[str] | None,
) -> dict[str, Any]:
    """The fields of KeyFields that were given."""
    given: dict[str, Any] = {"name": name, "role": role}
    fields = {field: value for field, value in given.items() if value is not None}
    for field, text in zip(LIMITS, limits, strict=True):
        if text is not None:
            fields[field] = _number(field, text, int)
    if models:
        fields["models"] = None if models == [NONE] else tuple(models)
    if days is not None:
        fields["expires_at"] = expiry(_number("expires_in_days", days, float), time.time())
    if metadata:
        fields["metadata"] = dict(_pair(text) for text in metadata)
    return fields


def _number(param: str, text: str, kind: Callable[[str], Result]) -> Result | None:
    try:
        return None if text.lower() == NONE else kind(text)
    except ValueError:
        raise InvalidRequest(f"Invalid '{param}'; allowed: a number, or {NONE}.", param=param) from None


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise InvalidRequest("Invalid 'metadata'; allowed: NAME=VALUE.", param="metadata")
    return name, value


def _run(use: Callable[[KeyStore], Awaitable[tuple[KeyRecord, str | None]]], as_json: bool) -> None:
    """Do it and tell of it: a new key alone on standard output, so that a script can take it, the rest beside it."""
    record, key = _guarded(use)
    shown = key_object(record, time.time())
    if as_json:
        _print(json.dumps(shown | ({"key": key} if key else {}), indent=2))
        return
    if key is not None:
        _print(key)
    sys.stderr.write(f"{shown['role']} key {record.id} ({shown['name']}) is {shown['state']}, version {record.version}")
    sys.stderr.write("; the key is shown this once\n" if key is not None else "\n")


def _guarded(use: Callable[[KeyStore], Awaitable[Result]]) -> Result:
    try:
        return with_host_store(use)
    except ServerError as error:
        sys.stderr.write(f"jobai-server: {error.message}\n")
        raise typer.Exit(2 if isinstance(error, ConfigurationError) else 1) from None


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
