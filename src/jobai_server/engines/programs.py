"""Which process runs which kind of engine."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from jobai_server.engines import vllm_settings
from jobai_server.engines.launch import EngineKind, EngineLaunch


@dataclass(frozen=True, slots=True)
class EngineProgram:
    """One kind of engine process.

    Attributes:
        module: Started as `python -m module`.
        environment: The process's variables besides our own, from a launch and from whether DEBUG is set.
        silence_seconds: A ready engine that sends no `alive` for so long hangs and is killed; None for one that
            sends none.
        spare: Whether a second process is kept that has its imports behind it, to take over where they are most of a
            start.
    """

    module: str
    environment: Callable[[EngineLaunch, bool], dict[str, str]]
    silence_seconds: float | None = None
    spare: bool = False


def embedding_environment(launch: EngineLaunch, debug: bool) -> dict[str, str]:
    """Variables that the libraries of the embedding engine must find before they are imported.

    All cores by default: with fewer, one would stand idle whenever no other engine is at work. But when one is, a
    thread often waits for another that has no core just then, dozens of times a pass, and OpenMP's threads wait by
    spinning on the very core the other one needs: on two busy cores that made two threads several times slower than
    one. Waiting in the kernel instead, they share busy cores fairly and lose nothing worth mentioning on idle ones.
    """
    threads = launch.model.threads or len(os.sched_getaffinity(0))
    variables = {"OMP_NUM_THREADS": str(threads), "OMP_WAIT_POLICY": "passive"}
    return vllm_settings.unless_set(variables) | vllm_settings.client_environment(debug)


PROGRAMS: Mapping[EngineKind, EngineProgram] = {
    "text": EngineProgram("jobai_server.engines.vllm_process", vllm_settings.environment),
    "embedding": EngineProgram(
        "jobai_server.engines.embedding_process", embedding_environment, silence_seconds=3.0, spare=True
    ),
}
