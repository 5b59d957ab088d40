"""A model that cannot be had: one line that says what to do."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from tests.engines.hub.conftest import SHARDS, Machine
from tests.engines.hub.stand_in_hub import StandInHub


@pytest.mark.parametrize("listings_need_token", [False, True])
def test_gated_model_names_its_page_and_the_token(machine: Machine, hub: StandInHub, listings_need_token: bool) -> None:
    hub.token, hub.listings_need_token = "hf_right", listings_need_token
    line = machine.refused("download")
    assert f"acme/tiny is gated; accept its terms at {hub.url}/acme/tiny and set HF_TOKEN" in line
    line = machine.refused("download", HF_TOKEN="hf_other")
    assert f"the account of HF_TOKEN has no access; ask for it at {hub.url}/acme/tiny" in line
    assert "hf_other" not in line


def test_repository_that_does_not_exist_is_named(machine: Machine, hub: StandInHub) -> None:
    line = machine.refused("download", source="acme/nothing")
    assert f"there is no {hub.url}/acme/nothing" in line


def test_revision_that_does_not_exist_is_named(machine: Machine, hub: StandInHub) -> None:
    machine.run("list")  # writes the config
    config = machine.folder / "revision.json"
    config.write_text('{"primary_model": {"name": "tiny", "source": "acme/tiny", "revision": "v9"}}')
    assert "acme/tiny has no revision v9" in machine.refused("download", "--config", str(config))


def test_offline_is_honoured(machine: Machine, hub: StandInHub) -> None:
    offline = (
        "jobai-server: Model 'tiny': acme/tiny is not complete on this machine, and HF_HUB_OFFLINE forbids asking the "
        "hub; unset it and run: jobai-server models download tiny"
    )
    assert machine.refused("download", HF_HUB_OFFLINE="1") == offline
    assert hub.requests == []
    machine.run("download")
    hub.requests.clear()
    assert machine.run("download", HF_HUB_OFFLINE="1").stdout == f"tiny: {machine.snapshot}\n"
    (machine.snapshot / SHARDS[0]).unlink()
    assert machine.refused("download", HF_HUB_OFFLINE="1") == offline
    assert hub.requests == []


def test_hub_out_of_reach_is_named(machine: Machine) -> None:
    assert "http://127.0.0.1:9 is out of reach" in machine.refused("download", HF_ENDPOINT="http://127.0.0.1:9")


@pytest.mark.parametrize("status", [200, 404])
def test_a_server_that_is_no_hub_is_told_from_a_model_that_is_not_there(machine: Machine, status: int) -> None:
    class NoHub(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(b"<html>")

    with HTTPServer(("127.0.0.1", 0), NoHub) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        line = machine.refused("download", HF_ENDPOINT=f"http://127.0.0.1:{server.server_port}")
        server.shutdown()
    assert f"http://127.0.0.1:{server.server_port} " in line
    assert line.endswith("check HF_ENDPOINT.")


def test_repository_without_usable_weights_is_refused(machine: Machine, hub: StandInHub) -> None:
    for path in [path for path in hub.files if path.endswith(".safetensors")]:
        del hub.files[path]
    assert "acme/tiny holds no safetensors weights" in machine.refused("download")


def test_model_that_is_not_configured_is_refused(machine: Machine) -> None:
    assert "No model is called huge; configured are: tiny." in machine.refused("download", "huge")


def test_serve_names_the_command_that_downloads(machine: Machine) -> None:
    listed = machine.run("list")
    assert listed.returncode == 0
    assert "jobai-server models download tiny" in listed.stderr
    assert "DOWNLOAD_MODELS_ON_START=true" in listed.stderr
