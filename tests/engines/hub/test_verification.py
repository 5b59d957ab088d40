"""`jobai-server models verify` and `list`: damage is found, named and repaired."""

from __future__ import annotations

import json

import pytest
from tests.engines.hub.conftest import SHARDS, Machine
from tests.engines.hub.stand_in_hub import StandInHub


@pytest.fixture
def downloaded(machine: Machine) -> Machine:
    assert machine.run("download").returncode == 0
    machine.hub.requests.clear()
    return machine


def test_whole_model_passes_without_the_hub(downloaded: Machine) -> None:
    ended = downloaded.run("verify")
    assert (ended.returncode, ended.stdout) == (0, "tiny: 5 files are as the hub has them\n")
    assert downloaded.hub.requests == []


def test_every_kind_of_damage_is_one_line_and_is_repaired(downloaded: Machine, hub: StandInHub) -> None:
    flipped = downloaded.snapshot / SHARDS[0]
    content = bytearray(flipped.read_bytes())
    content[1000] ^= 1
    flipped.write_bytes(content)
    short = downloaded.snapshot / SHARDS[1]
    short.write_bytes(short.read_bytes()[:-10])
    (downloaded.snapshot / "tokenizer.json").write_bytes(b'{"tokens": {}}')
    (downloaded.snapshot / "config.json").unlink()

    ended = downloaded.run("verify")
    assert ended.returncode == 1
    lines = sorted(ended.stdout.splitlines())
    assert lines[0] == "tiny: config.json: missing"
    assert lines[1].startswith(f"tiny: {SHARDS[0]}: SHA-256 is ")
    assert lines[2] == f"tiny: {SHARDS[1]}: size is 399,990 bytes instead of 400,000"
    assert lines[3].startswith("tiny: tokenizer.json: git SHA-1 is ")
    assert len(lines) == 4
    assert ended.stderr == "jobai-server: repair with: jobai-server models download tiny\n"

    assert downloaded.run("download").returncode == 0
    assert downloaded.run("verify").returncode == 0
    assert (downloaded.snapshot / "tokenizer.json").read_bytes() == hub.files["tokenizer.json"]


def test_checksums_come_from_the_hub_where_none_were_recorded(downloaded: Machine, hub: StandInHub) -> None:
    [record] = downloaded.repository.glob("trees/*.json")
    record.unlink()
    assert downloaded.run("verify").returncode == 0
    asked = [path for _, path, _, _ in hub.requests if path.startswith("/api/models/")]
    assert asked == [f"/api/models/acme/tiny/revision/{hub.commit}"]


def test_model_that_was_never_downloaded_fails(machine: Machine) -> None:
    ended = machine.run("verify", "primary")
    assert ended.returncode == 1
    assert "acme/tiny is not on this machine" in ended.stdout


def test_model_of_a_package_has_no_checksums_to_fail(machine: Machine) -> None:
    ended = machine.run("verify", source="package:jobai_server/embedded/jobai_nano")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "has no checksums" in ended.stdout


def test_list_says_what_is_here(machine: Machine) -> None:
    [row] = json.loads(machine.run("list", "--json").stdout)
    assert (row["name"], row["roles"], row["state"], row["bytes"]) == ("tiny", ["primary"], "missing", None)
    machine.run("download")
    [row] = json.loads(machine.run("list", "--json").stdout)
    assert (row["state"], row["folder"], row["problem"]) == ("present", str(machine.snapshot), None)
    assert row["bytes"] > 800_000
    assert "tiny" in machine.run("list").stdout
