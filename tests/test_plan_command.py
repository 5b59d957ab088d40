"""`jobai-server plan`, as an operator runs it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.engines.hub.stand_in_hub import REPOSITORY, stand_in_hub

ROOT = Path(__file__).parents[1]
CONFIGS = ROOT / "configs"
NANO = ROOT / "src/jobai_server/embedded/jobai_nano"
GIB = 1 << 30


def plan(folder: Path, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Where there is no hub, no GPU, and no model that was ever downloaded."""
    variables = {
        "PATH": "/nonexistent",
        "HOME": str(folder),
        "HF_HUB_OFFLINE": "1",
        "PYTHONPATH": os.environ.get("PYTHONPATH", str(ROOT / "src")),
        **environment,
    }
    command = (sys.executable, "-m", "jobai_server", "plan", *options)
    return subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize("config", sorted(CONFIGS.glob("*.yaml")), ids=lambda path: path.name)
def test_every_shipped_config_fits_its_card(tmp_path: Path, config: Path) -> None:
    ended = plan(tmp_path, "--config", str(config), "--gpu-memory", "80GiB")
    assert ended.stderr == ""
    assert ended.returncode == 0


def test_the_readme_shows_what_is_printed(tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text()
    command, shown = re.findall(r"```console\n\$ jobai-server plan (.*)\n((?:.*\n)*?)```", readme)[0]
    options = [option.replace("configs/", f"{CONFIGS}/") for option in command.split()]
    assert plan(tmp_path, *options).stdout == shown


@pytest.mark.parametrize("kind", ["awq", "gptq"])
def test_the_comments_of_a_config_agree_with_its_plan(tmp_path: Path, kind: str) -> None:
    config = CONFIGS / f"a100-80gb-{kind}.yaml"
    models = json.loads(plan(tmp_path, "--config", str(config), "--gpu-memory", "80GiB", "--json").stdout)["models"]
    rows = re.findall(r"^#   (primary|classification|embedding) +(.*)$", config.read_text(), re.MULTILINE)
    assert len(rows) == len(models) == 3
    for (role, figures), model in zip(rows, models, strict=True):
        assert model["roles"] == [role]
        others = model["activations"] + model["graphs"] + model["process"]
        computed = [model["weights"], model["kv_cache"], others, model["total"]]
        assert figures.split() == [f"{size / GIB:.2f}" if size else "-" for size in computed]


def test_weights_are_as_large_as_the_published_files(tmp_path: Path) -> None:
    config = str(CONFIGS / "a100-80gb-awq.yaml")
    document = json.loads(plan(tmp_path, "--config", config, "--gpu-memory", "80GiB", "--json").stdout)
    llama, mistral, nomic = document["models"]
    assert llama["weights"] == pytest.approx(37.0 * GIB, rel=0.03)
    assert llama["kv_bytes_per_token"] == 320 * 1024
    assert mistral["weights"] == pytest.approx(4.15e9, rel=0.03)
    assert mistral["kv_bytes_per_token"] == 128 * 1024
    assert nomic["on_disk"] == pytest.approx(547e6, rel=0.03)
    assert document["total"] == sum(model["total"] for model in document["models"])
    assert document["fits"] is True


def test_a_card_that_is_too_small_is_refused_with_numbers(tmp_path: Path) -> None:
    options = ("--config", str(CONFIGS / "a100-80gb-awq.yaml"), "--gpu-memory", "40GiB")
    ended = plan(tmp_path, *options)
    assert ended.returncode == 1
    assert "llama-3.1-70b-instruct" in ended.stdout
    assert "the models need 73.58 GiB" in ended.stderr
    assert "34.58 GiB are missing" in ended.stderr
    assert "kv_cache_memory_bytes of llama-3.1-70b-instruct" in ended.stderr
    document = json.loads(plan(tmp_path, *options, "--json").stdout)
    assert document["fits"] is False
    assert document["problems"]


def test_a_card_that_is_no_larger_than_what_is_reserved_is_refused_too(tmp_path: Path) -> None:
    config = tmp_path / "models.yaml"
    config.write_text(f"primary_model: {{name: [some], source: {NANO}}}\n")
    ended = plan(tmp_path, "--config", str(config), "--gpu-memory", "1GiB")
    assert ended.returncode == 1
    assert re.search(r"^KV cache .*\nsome .*\n", ended.stdout, re.MULTILINE)
    assert ended.stderr.startswith("\nIt does not fit: ")
    assert "0.00 GiB are usable" in ended.stderr


def test_the_config_of_the_environment_is_planned(tmp_path: Path) -> None:
    ended = plan(tmp_path, "--gpu-memory", "80GiB", CONFIG_FILE=str(CONFIGS / "a100-80gb-gptq.yaml"))
    assert "mistral-7b-instruct-v0.2" in ended.stdout


def test_less_is_usable_where_more_is_reserved(tmp_path: Path) -> None:
    options = ("--config", str(CONFIGS / "a100-80gb-awq.yaml"), "--gpu-memory", "80GiB")
    assert plan(tmp_path, *options, JOBAI_GPU_RESERVED_MEMORY="6GiB").returncode == 0
    assert plan(tmp_path, *options, JOBAI_GPU_RESERVED_MEMORY="7GiB").returncode == 1


@pytest.mark.parametrize("size", ["much", "0", "-1GiB", ""])
def test_a_size_that_is_none_is_refused(tmp_path: Path, size: str) -> None:
    ended = plan(tmp_path, "--gpu-memory", size)
    assert ended.returncode == 2
    assert "--gpu-memory" in ended.stderr


def test_without_a_gpu_its_memory_is_asked_for(tmp_path: Path) -> None:
    ended = plan(tmp_path)
    assert ended.returncode == 2
    assert "--gpu-memory 80GiB" in ended.stderr
    assert ended.stdout == ""


def test_the_memory_of_the_gpu_here_is_what_nvidia_smi_says(tmp_path: Path) -> None:
    tool = tmp_path / "nvidia-smi"
    tool.write_text('#!/bin/sh\nfor last; do :; done\n[ "$last" = --id=3 ] && echo 81920 || echo 24564\n')
    tool.chmod(0o755)
    path = f"{tmp_path}:/bin:/usr/bin"
    assert plan(tmp_path, PATH=path).stdout.startswith("Memory plan for a GPU of 23.988")
    assert plan(tmp_path, PATH=path, CUDA_VISIBLE_DEVICES="3,0").stdout.startswith("Memory plan for a GPU of 80 GiB")


def test_a_model_that_is_nowhere_to_be_found_is_named(tmp_path: Path) -> None:
    config = tmp_path / "models.yaml"
    config.write_text("primary_model: {name: [some], source: nobody/no-such-model}\n")
    ended = plan(tmp_path, "--config", str(config), "--gpu-memory", "80GiB")
    assert ended.returncode == 2
    assert ended.stderr.startswith("jobai-server: Model 'some': nobody/no-such-model is not complete on this machine")
    assert ended.stderr.count("\n") == 1


def test_the_hub_is_asked_for_headers_and_not_for_weights(tmp_path: Path) -> None:
    config = tmp_path / "models.yaml"
    options = ("--config", str(config), "--gpu-memory", "80GiB", "--json")
    with stand_in_hub({path.name: path.read_bytes() for path in NANO.iterdir()}) as hub:
        config.write_text(f"primary_model: {{name: [some], source: {REPOSITORY}}}\n")
        ended = plan(tmp_path, *options, HF_HUB_OFFLINE="0", HF_ENDPOINT=hub.url)
        assert ended.returncode == 0, ended.stderr
        assert None not in hub.storage_requests("model.safetensors")
        [asked] = json.loads(ended.stdout)["models"]
    config.write_text(f"primary_model: {{name: [some], source: {NANO}}}\n")
    [local] = json.loads(plan(tmp_path, *options).stdout)["models"]
    assert asked["origin"] == "hub"
    for name in ("weights", "on_disk", "kv_bytes_per_token", "total"):
        assert asked[name] == local[name]
    assert asked["download"] == sum(path.stat().st_size for path in NANO.glob("*.[js]*"))
    assert not list(tmp_path.rglob("refs"))  # a later download is not told that all is there


def test_a_hub_out_of_reach_is_named(tmp_path: Path) -> None:
    config = tmp_path / "models.yaml"
    config.write_text("primary_model: {name: [some], source: nobody/no-such-model}\n")
    ended = plan(tmp_path, "--config", str(config), HF_HUB_OFFLINE="0", HF_ENDPOINT="http://127.0.0.1:9")
    assert ended.returncode == 2
    assert "--gpu-memory" in ended.stderr
    ended = plan(
        tmp_path, "--config", str(config), "--gpu-memory", "8GiB", HF_HUB_OFFLINE="0", HF_ENDPOINT="http://127.0.0.1:9"
    )
    assert ended.returncode == 2
    assert "http://127.0.0.1:9 is out of reach" in ended.stderr
    assert ended.stderr.count("\n") == 1
