"""Keys from the host: `generate_new_key`, and `jobai-server keys`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from jobai_server import cli
from jobai_server.auth import generate_new_key
from jobai_server.auth.access import Access
from jobai_server.auth.caller import Caller
from jobai_server.auth.key_record import KeyRecord
from jobai_server.auth.key_store import KeyStore
from jobai_server.auth.store_opening import prepared_store
from jobai_server.errors import ConfigurationError, InvalidRequest, NotAuthenticated
from jobai_server.settings import ServerSettings


@pytest.fixture(autouse=True)
def directory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("JOBAI_DATA_DIRECTORY", str(tmp_path / "data"))
    return tmp_path / "data"


def in_store(directory: Path, use: Callable[[KeyStore], Awaitable[Any]]) -> Any:
    async def used() -> Any:
        store = await prepared_store(ServerSettings(data_directory=directory))
        try:
            return await use(store)
        finally:
            await store.database.close()

    return asyncio.run(used())


def caller(directory: Path, key: str) -> Caller:
    async def authenticated(store: KeyStore) -> Caller:
        return (await Access.opened(store)).authenticate(key)

    found: Caller = in_store(directory, authenticated)
    return found


def keys(*arguments: str, code: int = 0) -> Result:
    result = CliRunner().invoke(cli.app, ["keys", *arguments])
    assert result.exit_code == code, result.output
    return result


def objects(*arguments: str) -> Any:
    return json.loads(keys(*arguments, "--json").stdout)


def test_a_key_is_made_in_the_hosts_store(directory: Path) -> None:
    key = generate_new_key(name="client1", role="client", rate_limit=100, expires_in_days=365, models=["a"])
    found = caller(directory, key)
    assert (found.name, found.role, found.rate_limit, found.models) == ("client1", "client", 100, frozenset({"a"}))
    record: KeyRecord = in_store(directory, lambda store: store.find(key))
    assert record.expires_at == pytest.approx(record.created_at + 365 * 86_400, abs=60)


async def test_it_works_inside_an_event_loop_too(directory: Path) -> None:
    assert generate_new_key(name="a").startswith("jobai_")


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"name": ""}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"name": "x" * 129}, "name"),
        ({"role": "root"}, "role"),
        ({"rate_limit": 0}, "rate_limit"),
        ({"tokens_per_minute": 1.5}, "tokens_per_minute"),
        ({"max_concurrent_requests": 10**10}, "max_concurrent_requests"),
        ({"models": []}, "models"),
        ({"role": "admin", "models": ["a"]}, "models"),
        ({"expires_in_days": 0}, "expires_in_days"),
        ({"expires_in_days": float("nan")}, "expires_in_days"),
    ],
)
def test_fields_out_of_bounds_are_named(directory: Path, fields: dict[str, Any], param: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        generate_new_key(**({"name": "a"} | fields))
    assert caught.value.param == param
    assert not directory.exists()


def test_a_store_that_cannot_be_opened_is_one_line(directory: Path) -> None:
    directory.parent.mkdir(exist_ok=True)
    directory.write_text("a file")
    with pytest.raises(ConfigurationError):
        generate_new_key(name="a")
    result = keys("list", code=2)
    assert result.stderr.startswith("jobai-server: The data directory")
    assert result.stderr.count("\n") == 1


def test_the_whole_life_of_a_key_on_the_command_line(directory: Path) -> None:
    created = keys("create", "--name", "c", "--rate-limit", "5", "--model", "a", "--model", "b", "--metadata", "k=v=w")
    key = created.stdout.strip()
    assert key not in created.stderr
    assert caller(directory, key).rate_limit == 5
    updated = objects("update", key, "--rate-limit", "none", "--model", "none", "--expires-in-days", "1.5")
    assert (updated["rate_limit"], updated["models"], updated["metadata"]) == (None, None, {"k": "v=w"})
    assert updated["expires_at"] is not None
    assert "key" not in updated
    assert objects("update", updated["id"], "--expires-in-days", "none", "--name", "d")["expires_at"] is None
    rotated = objects("rotate", key, "--grace-period-seconds", "0")
    assert caller(directory, rotated["key"]).name == "d"
    with pytest.raises(NotAuthenticated):
        caller(directory, key)
    assert objects("revoke", updated["id"])["state"] == "revoked"
    assert [found["id"] for found in objects("list", "--state", "revoked")] == [updated["id"]]
    assert objects("list", "--role", "admin") == []
    table = keys("list").stdout.splitlines()
    assert table[1].split() == [updated["id"], "client", "revoked", "never", "d"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["create", "--name", "a", "--role", "root"], "Invalid 'role'"),
        (["create", "--name", "a", "--rate-limit", "x"], "Invalid 'rate_limit'"),
        (["create", "--name", "a", "--metadata", "x"], "Invalid 'metadata'"),
        (["list", "--state", "gone"], "Invalid 'state'"),
        (["list", "--role", "root"], "Invalid 'role'"),
        (["revoke", "0" * 12], "There is no API key of that id."),
        (["rotate", "0" * 12, "--grace-period-seconds", "-1"], "Invalid 'grace_period_seconds'"),
    ],
)
def test_mistakes_are_one_line(arguments: list[str], message: str) -> None:
    result = keys(*arguments, code=1)
    assert message in result.stderr
    assert result.stderr.count("\n") == 1


def test_the_command_line_is_the_way_back_in(directory: Path) -> None:
    """Every admin key is lost; the host makes another, and ends the lost one with it."""
    lost = generate_new_key(name="lost", role="admin")
    assert "last admin key" in keys("revoke", lost, code=1).stderr
    found = keys("create", "--name", "found", "--role", "admin").stdout.strip()
    keys("revoke", lost)
    assert caller(directory, found).role == "admin"


def test_lists_longer_than_a_page_are_whole(directory: Path) -> None:
    from jobai_server.auth.key_fields import KeyFields

    async def many(store: KeyStore) -> None:
        for number in range(101):
            await store.create("tester", KeyFields(name=str(number)))

    in_store(directory, many)
    assert [found["name"] for found in objects("list")] == [str(number) for number in range(100, -1, -1)]
