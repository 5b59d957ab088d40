"""Our model settings in vLLM's terms, the same in the engine process and in every web worker."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jobai_server.engines.fair_share import with_room
from jobai_server.engines.platform import is_cpu, multiplies_bfloat16

# What vLLM gets unless the model's engine_args say otherwise.
DEFAULTS: dict[str, Any] = {
    # llguidance reads a schema as it goes: no compilation that a hostile schema could make last for minutes.
    # Free whitespace is an invitation to small models to write nothing else until the answer's end.
    "structured_outputs_config": {"backend": "guidance", "disable_any_whitespace": True},
    # Whose turn it is in the queue (engines/request_queue.py) also decides who loses cache blocks when they run out.
    "scheduling_policy": "priority",
    # By itself vLLM takes Mistral's own tokenizer where a checkpoint has both, and control tokens in a text of a user
    # are found in those of transformers alone (engines/safe_tokenizer.py).
    "tokenizer_mode": "hf",
}
# vLLM's own default where it is not told for what use an engine is made (SchedulerConfig).
MAX_BATCHED_TOKENS = 2048

CPU_DEFAULTS: dict[str, Any] = {
    "worker_cls": "jobai_server.engines.vllm_worker.RowwiseCpuWorker",
    # Prompts are shared in whole blocks, and the beginnings that ours have in common (a system message, a list of
    # categories) are mostly shorter than vLLM's 128 tokens. Its CPU attention wants multiples of 32.
    "block_size": 32,
}

if TYPE_CHECKING:
    from vllm.config import VllmConfig

    from jobai_server.engines.launch import EngineLaunch
    from jobai_server.settings import ModelSettings


def environment(launch: EngineLaunch, debug: bool) -> dict[str, str]:
    """Environment variables vLLM must find before it is imported in an engine process."""
    variables = {
        "VLLM_RPC_BASE_PATH": str(launch.run_directory),
        # The processes of several GPUs: forked ones would hold the engine's sockets and its control channel open.
        "VLLM_WORKER_MULTIPROC_METHOD": "spawn",
    }
    if is_cpu():
        threads = launch.model.threads or max(1, (os.cpu_count() or 2) // 2)
        variables |= {
            # One process per engine: a second one for the worker only costs memory and start-up time.
            "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
            # vLLM would bind every engine to the same first core.
            "VLLM_CPU_OMP_THREADS_BIND": "nobind",
            "OMP_NUM_THREADS": str(threads),
        }
        if launch.model.engine_args.get("enforce_eager"):
            # Eager mode still compiles the logprobs kernel on first use, seconds in the middle of a request.
            variables["TORCHDYNAMO_DISABLE"] = "1"
    return client_environment(debug) | unless_set(variables)


def client_environment(debug: bool) -> dict[str, str]:
    """Environment variables for a process that only talks to engines."""
    # The CPU build warns at every start about what only GPUs have; on a GPU warnings mean something.
    level = "DEBUG" if debug else "ERROR" if is_cpu() else "WARNING"
    return unless_set(
        {
            "VLLM_LOGGING_LEVEL": level,
            "TORCH_CPP_LOG_LEVEL": "ERROR",
            "PYTHONWARNINGS": "default" if debug else "ignore",
            "VLLM_NO_USAGE_STATS": "1",
            "TOKENIZERS_PARALLELISM": "false",
            # For web workers: a ready engine has greeted every seat, so the greeting is there at once.
            "VLLM_ENGINE_READY_TIMEOUT_S": "10",
        }
        | ({"VLLM_ENABLE_V1_MULTIPROCESSING": "0"} if is_cpu() else {})
    ) | {
        # Checkpoints are resolved to local folders before any engine starts; what the operator has set is for that.
        "HF_HUB_OFFLINE": "1",
    }


def unless_set(variables: Mapping[str, str]) -> dict[str, str]:
    """These variables, but as the operator has set them where they have."""
    return {name: os.environ.get(name, value) for name, value in variables.items()}


def _engine_arguments(model: ModelSettings, folder: Path) -> dict[str, Any]:
    arguments = DEFAULTS | (cpu_defaults(folder) if is_cpu() else {}) | model.engine_args
    if model.sleep_level and not is_cpu():
        arguments["enable_sleep_mode"] = True
    if (sequences := raised_sequences(model)) is not None:
        arguments["max_num_seqs"] = sequences
    return arguments


def raised_sequences(model: ModelSettings) -> int | None:
    """What the engine gets for `max_num_seqs` so that a key that comes finds room; None where it stays as it is."""
    sequences = model.engine_args.get("max_num_seqs")
    if model.contended_share is None or not isinstance(sequences, int):
        return None
    tokens = model.engine_args.get("max_num_batched_tokens")
    # vLLM refuses to start with more sequences than tokens in a step.
    most = tokens if isinstance(tokens, int) else MAX_BATCHED_TOKENS
    return max(sequences, min(with_room(sequences), most))


def cpu_defaults(folder: Path) -> dict[str, Any]:
    """What vLLM gets on a CPU for the checkpoint in that folder, unless the model's engine_args say otherwise."""
    quantised = "quantization_config" in json.loads((folder / "config.json").read_text())
    # The kernels for quantised weights take what the checkpoint was made for.
    slow = not (quantised or multiplies_bfloat16())
    return CPU_DEFAULTS | ({"dtype": "float32"} if slow else {})


def vllm_config(launch: EngineLaunch, seat_index: int = -1) -> VllmConfig:
    """vLLM's configuration for this engine; `seat_index` -1 stands for the engine process itself."""
    from vllm.engine.arg_utils import AsyncEngineArgs

    model = launch.model
    # `quantization` is not passed on: vLLM reads it from the checkpoint and picks its fastest kernel (Marlin),
    # while naming it forces the plain one.
    arguments = AsyncEngineArgs(
        model=str(launch.path),
        served_model_name=list(model.name),
        max_model_len=model.context_length,
        **_engine_arguments(model, launch.path),
    )
    arguments._api_process_count = launch.seats
    arguments._api_process_rank = seat_index
    return arguments.create_engine_config()
