"""`jobai-server models download` against a stand-in of the hub's HTTP API."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import signal
import time

from tests.engines.hub.conftest import SHARD_BYTES, SHARDS, Machine
from tests.engines.hub.stand_in_hub import StandInHub

NEEDED = {*SHARDS, "config.json", "tokenizer.json", "model.safetensors.index.json"}


def downloaded(machine: Machine) -> set[str]:
    files = (path for path in machine.snapshot.rglob("*") if path.is_file())
    return {str(path.relative_to(machine.snapshot)) for path in files}


def assert_whole(machine: Machine) -> None:
    assert downloaded(machine) == NEEDED
    for path in NEEDED:
        assert (machine.snapshot / path).read_bytes() == machine.hub.files[path]
    assert list(machine.repository.glob("blobs/*.incomplete")) == []


def test_only_what_an_engine_needs_is_downloaded(machine: Machine) -> None:
    ended = machine.run("download")
    assert (ended.returncode, ended.stdout) == (0, f"tiny: {machine.snapshot}\n")
    assert_whole(machine)


def test_second_download_fetches_nothing(machine: Machine) -> None:
    machine.run("download")
    machine.hub.requests.clear()
    assert machine.run("download").returncode == 0
    assert {path for _, path, _, _ in machine.hub.requests if not path.startswith("/api/")} == set()


def test_broken_connection_is_resumed_by_the_next_run(machine: Machine) -> None:
    machine.hub.files[SHARDS[0]] *= 60  # 24 MB: what has arrived is written 10 MiB at a time
    machine.hub.cut_after = 23_000_000
    failed = machine.refused("download", HF_HUB_DOWNLOAD_TIMEOUT="2")
    assert "what arrived is kept" in failed
    kept = sum(path.stat().st_size for path in machine.repository.glob("blobs/*.incomplete"))
    kept += sum(path.stat().st_size for path in machine.repository.glob("blobs/*") if path.suffix != ".incomplete")
    assert kept >= 20 << 20
    assert not machine.snapshot.exists()

    machine.hub.cut_after, machine.hub.sent = None, 0
    assert machine.run("download").returncode == 0
    assert_whole(machine)
    assert machine.hub.sent <= 61 * SHARD_BYTES - kept


def test_short_outage_is_bridged_without_another_run(machine: Machine, hub: StandInHub) -> None:
    hub.cut_after = SHARD_BYTES
    process = machine.start("download")
    while hub.sent < SHARD_BYTES * 9 // 10:
        time.sleep(0.05)
    hub.cut_after = None
    assert process.wait(timeout=60) == 0
    process.communicate()
    assert_whole(machine)


def test_killed_download_leaves_what_arrived(machine: Machine, hub: StandInHub) -> None:
    hub.files[SHARDS[0]] *= 60  # 24 MB: what has arrived is written 10 MiB at a time
    hub.cut_after = 23_000_000
    process = machine.start("download")
    while not any(path.stat().st_size >= 20 << 20 for path in machine.repository.glob("blobs/*.incomplete")):
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    hub.cut_after, hub.sent = None, 0
    assert machine.run("download").returncode == 0
    assert_whole(machine)
    assert hub.storage_requests(SHARDS[0])[-1] == f"bytes={20 << 20}-"
    assert hub.sent < 24_400_000 - (20 << 20)


def test_interrupted_download_says_how_to_go_on(machine: Machine, hub: StandInHub) -> None:
    hub.pause = 0.05
    for _ in range(3):
        process = machine.start("download")
        while hub.sent < SHARD_BYTES // 3:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
        if process.returncode:
            break
        # Now and then the interruption comes where Python ignores it, and the download is whole.
        assert_whole(machine)
        shutil.rmtree(machine.repository)
        hub.sent = 0
    hub.pause = 0.0
    assert process.returncode == 130
    assert errors.endswith("jobai-server: interrupted; the same command goes on from here\n")
    assert machine.run("download").returncode == 0
    assert_whole(machine)


def test_download_that_waits_for_another_process_can_be_interrupted(machine: Machine, hub: StandInHub) -> None:
    held, other = (hashlib.sha256(hub.files[shard]).hexdigest() for shard in SHARDS)
    lock = machine.repository.parent / ".locks" / machine.repository.name / f"{held}.lock"
    lock.parent.mkdir(parents=True)
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        process = machine.start("download")
        while not (machine.repository / "blobs" / other).exists():
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        try:
            process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 130


def test_several_downloads_at_once_fetch_each_file_once(machine: Machine, hub: StandInHub) -> None:
    processes = [machine.start("download") for _ in range(3)]
    for process in processes:
        process.communicate(timeout=120)
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert_whole(machine)
    assert [hub.storage_requests(shard) for shard in SHARDS] == [[None], [None]]


def test_copy_that_always_arrives_damaged_is_not_kept(machine: Machine, hub: StandInHub) -> None:
    hub.broken_copies.add(SHARDS[1])
    assert f"{SHARDS[1]} arrived damaged twice" in machine.refused("download")
    assert hub.storage_requests(SHARDS[1]) == [None, None]
    assert not machine.snapshot.exists()


def test_small_file_that_arrives_damaged_is_not_kept(machine: Machine, hub: StandInHub) -> None:
    hub.broken_copies.add("tokenizer.json")
    assert "tokenizer.json arrived damaged" in machine.refused("download")
    hub.broken_copies.clear()
    assert machine.run("download").returncode == 0
    assert_whole(machine)


def test_new_commit_is_downloaded_and_old_files_are_used(machine: Machine, hub: StandInHub) -> None:
    machine.run("download")
    before = machine.snapshot
    hub.requests.clear()
    hub.files["config.json"] = b'{"changed": true}'
    assert machine.run("download").returncode == 0
    assert_whole(machine)
    assert machine.snapshot != before
    assert [hub.storage_requests(shard) for shard in SHARDS] == [[], []]


def test_not_enough_space_is_refused_before_the_first_byte(machine: Machine, hub: StandInHub) -> None:
    hub.sizes[SHARDS[0]] = 10**18
    line = machine.refused("download")
    free = shutil.disk_usage(machine.folder).free / 2**30
    assert "Not enough disk space for tiny: 931322574.6 GiB are to be downloaded" in line
    assert abs(float(line.split("where ")[1].split()[0]) - free) < 20
    assert "HF_HOME" in line
    assert {path for _, path, _, _ in hub.requests if not path.startswith("/api/")} == set()


def test_token_goes_to_the_hub_and_not_to_its_storage(machine: Machine, hub: StandInHub) -> None:
    hub.token = "hf_secret"
    assert machine.run("download", HF_TOKEN="hf_secret").returncode == 0
    assert_whole(machine)
    seen = {path.split("/")[1] == "storage": authorization for _, path, _, authorization in hub.requests}
    assert seen == {False: "Bearer hf_secret", True: None}
