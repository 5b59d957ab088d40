"""DOWNLOAD_MODELS_ON_START, from a stand-in of the hub to an answer of the real engine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from openai import OpenAI
from tests.end_to_end.running_server import running_server
from tests.engines.hub.stand_in_hub import REPOSITORY, stand_in_hub

import jobai_server

EMBEDDED = Path(jobai_server.__file__).parent / "embedded" / "jobai_nano"


@pytest.mark.engine
def test_model_that_is_not_here_is_downloaded_and_served(tmp_path: Path) -> None:
    files = {path.name: path.read_bytes() for path in EMBEDDED.iterdir() if path.is_file()}
    config = tmp_path / "models.json"
    model = yaml.safe_load((Path(jobai_server.__file__).parent / "configs" / "embedded.yaml").read_text())[
        "primary_model"
    ]
    config.write_text(json.dumps({"primary_model": model | {"name": "from-hub", "source": REPOSITORY}}))
    with (
        stand_in_hub(files) as hub,
        running_server(
            CONFIG_FILE=str(config),
            DOWNLOAD_MODELS_ON_START="true",
            HF_ENDPOINT=hub.url,
            HF_HOME=str(tmp_path / "hf"),
        ) as server,
        OpenAI(base_url=server.base_url, api_key=server.admin_key, max_retries=0, timeout=60) as client,
    ):
        answer = client.chat.completions.create(
            model="from-hub", messages=[{"role": "user", "content": "Hello"}], max_tokens=8
        )
    assert answer.model == "from-hub"
    assert answer.usage is not None
    assert answer.usage.completion_tokens > 0
    assert hub.storage_requests("model.safetensors") == [None]
