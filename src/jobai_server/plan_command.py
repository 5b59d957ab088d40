"""`jobai-server plan`: what the configured models need of a GPU, as a table, and whether they fit."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from jobai_server.engines.gpu_memory import gpu_memory
from jobai_server.engines.memory_fit import problems
from jobai_server.engines.memory_plan import MemoryPlan, plan_memory
from jobai_server.engines.sizes import GIB
from jobai_server.errors import ConfigurationError
from jobai_server.settings import load_settings
from jobai_server.settings.engine_arguments import in_bytes


def plan(config: Path | None, gpu: str | None, *, as_json: bool) -> int:
    """Print the plan of the configured models; the exit code, 1 where they do not fit.

    Raises:
        ConfigurationError: The configuration is wrong, or a size is not known.
    """
    settings = load_settings(config_file=config)
    laid_out = plan_memory(settings.models, _size(gpu), settings.server.gpu_reserved_memory)
    found = problems(laid_out)
    if as_json:
        sys.stdout.write(json.dumps({"fits": not found, **laid_out.as_dict(), "problems": found}, indent=2) + "\n")
    else:
        sys.stdout.write(table(laid_out))
        sys.stdout.flush()
        sys.stderr.write("".join(f"\n{problem}\n" for problem in found))
    return 1 if found else 0


def _size(gpu: str | None) -> int:
    if gpu is None:
        if (size := gpu_memory()) is None:
            raise ConfigurationError("no GPU was found; say how much memory it will have: --gpu-memory 80GiB")
        return size
    if (given := in_bytes(gpu)) is None:
        raise ConfigurationError(f"--gpu-memory is {gpu[:40]}; allowed: a size such as 80GiB")
    return given


def table(laid_out: MemoryPlan) -> str:
    """The plan for people to read."""
    sizes = [["GiB", "weights", "KV cache", "activations", "CUDA graphs", "process", "total"]]
    for model in laid_out.models:
        parts = (model.weights, model.kv_cache, model.activations, model.graphs, model.process, model.total)
        sizes.append([model.name, *map(_gib, parts)])
    sizes.append(["all", "", "", "", "", "", _gib(laid_out.total)])
    sizes.append(["usable", "", "", "", "", "", _gib(laid_out.usable)])
    sizes.append(["free", "", "", "", "", "", _gib(laid_out.free)])
    caches = [["KV cache", "KiB/token", "tokens", "context", "full contexts", "gpu_memory_utilization"]]
    for model in laid_out.models:
        if model.utilization is not None:
            per_token = f"{model.kv_bytes_per_token / 1024:g}"
            counts = (f"{model.kv_tokens:,}", f"{model.context_length:,}", f"{model.full_contexts:.1f}")
            caches.append([model.name, per_token, *counts, f"{model.utilization:g}"])
    files = [["files", "weights on disk", "known from"]]
    files += [[model.name, f"{_gib(model.on_disk)} GiB", model.origin] for model in laid_out.models]
    heading = f"Memory plan for a GPU of {laid_out.gpu_memory / GIB:g} GiB\n\n"
    return heading + "\n".join(_aligned(rows) for rows in (sizes, caches, files))


def _gib(size: int) -> str:
    return f"{size / GIB:.2f}"


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(
            [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        )
        for row in rows
    )
    return "".join(f"{line}\n" for line in lines)
