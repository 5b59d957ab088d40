"""A stand-in of the hub with one model, and the command that downloads from it into an empty cache."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.engines.hub.stand_in_hub import REPOSITORY, StandInHub, stand_in_hub

SHARDS = ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")
SHARD_BYTES = 400_000


@pytest.fixture
def hub() -> Iterator[StandInHub]:
    noise = random.Random(7)
    weights = {shard: noise.randbytes(SHARD_BYTES) for shard in SHARDS}
    index = {"weight_map": {f"layers.{number}": shard for number, shard in enumerate(SHARDS)}}
    others = {
        "config.json": b"{}",
        "tokenizer.json": b'{"tokens": []}',
        "model.safetensors.index.json": json.dumps(index).encode(),
        "README.md": b"# Tiny",
        "pytorch_model.bin": noise.randbytes(20_000),
        "tiny.Q4_K_M.gguf": noise.randbytes(20_001),
        "original/consolidated.00.pth": noise.randbytes(20_002),
        "original/params.json": b'{"layers": 2}',
        "onnx/model.onnx": noise.randbytes(20_003),
    }
    with stand_in_hub(weights | others) as hub:
        yield hub


@dataclass(frozen=True)
class Machine:
    """A machine with an empty cache, whose configured model `tiny` is on the stand-in hub."""

    folder: Path
    hub: StandInHub

    @property
    def repository(self) -> Path:
        return self.folder / "hf" / "hub" / f"models--{REPOSITORY.replace('/', '--')}"

    @property
    def snapshot(self) -> Path:
        return self.repository / "snapshots" / self.hub.commit

    def start(self, *arguments: str, source: str = REPOSITORY, **environment: str) -> subprocess.Popen[str]:
        """`jobai-server models …`, started."""
        config = self.folder / "models.json"
        config.write_text(json.dumps({"primary_model": {"name": "tiny", "source": source}}))
        given = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
            "HOME": str(self.folder),
            "HF_HOME": str(self.folder / "hf"),
            "HF_ENDPOINT": self.hub.url,
            "CONFIG_FILE": str(config),
            **environment,
        }
        return subprocess.Popen(
            [sys.executable, "-m", "jobai_server", "models", *arguments],
            env=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, source: str = REPOSITORY, **environment: str) -> subprocess.CompletedProcess[str]:
        """`jobai-server models …`, ended."""
        process = self.start(*arguments, source=source, **environment)
        output, errors = process.communicate(timeout=120)
        return subprocess.CompletedProcess(process.args, process.returncode, output, errors)

    def refused(self, *arguments: str, source: str = REPOSITORY, **environment: str) -> str:
        """The last line on standard error with which the command fails."""
        ended = self.run(*arguments, source=source, **environment)
        assert ended.returncode == 2, ended
        assert "Traceback" not in ended.stderr
        line = ended.stderr.splitlines()[-1]
        assert line.startswith("jobai-server: ")
        return line


@pytest.fixture
def machine(tmp_path: Path, hub: StandInHub) -> Machine:
    return Machine(tmp_path, hub)
