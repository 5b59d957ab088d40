"""What the config file says about quantisation is held against the checkpoint before any engine starts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.end_to_end.quantised_checkpoints import QuantisedCheckpoint, llama_awq, mistral_gptq


@pytest.mark.parametrize(("make", "actual", "claimed"), [(llama_awq, "awq", "gptq"), (mistral_gptq, "gptq", "awq")])
def test_wrong_quantization_is_refused_in_one_line(
    make: Callable[[Path], QuantisedCheckpoint], actual: str, claimed: str, tmp_path: Path
) -> None:
    checkpoint = make(tmp_path / "weights")
    model = {"name": "tiny", "source": str(checkpoint.folder), "quantization": claimed}
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"primary_model": model}))
    variables = {"CONFIG_FILE": str(config), "PORT": "0", "JOBAI_DATA_DIRECTORY": str(tmp_path / "data")}
    refused = subprocess.run(
        [sys.executable, "-m", "jobai_server", "serve"],
        env=os.environ | variables,
        capture_output=True,
        text=True,
        timeout=60,
    )
    problem = f"quantization is set to {claimed}, but the checkpoint is {actual}."
    assert (refused.returncode, refused.stderr) == (2, f"jobai-server: Model 'tiny': {problem}\n")
