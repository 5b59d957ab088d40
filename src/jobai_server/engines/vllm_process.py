"""An engine process: one vLLM EngineCore, shared by every web worker over local sockets.

vLLM starts its EngineCore as a child of the process that talks to it. Here the EngineCore runs in this process's main
thread and a thread plays the launcher's half of vLLM's start-up handshake, so that an engine is one process, started
and watched by our own supervisor.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from jobai_server.engines import vllm_sleep
from jobai_server.engines.launch import EngineLaunch
from jobai_server.engines.report import Report, reason
from jobai_server.process import adopt

if TYPE_CHECKING:
    from vllm.config import VllmConfig


def main() -> None:
    control = adopt(sys.argv)
    orders = control.makefile("rb")
    launch = EngineLaunch.model_validate_json(orders.readline())
    report = Report(control)
    try:
        run_engine(launch, orders, report)
    except SystemExit:
        pass  # how vLLM's loop ends after SIGTERM
    except Exception as error:
        # vLLM has logged the traceback; the supervisor wants the one line that says why.
        report("failed", reason(error))
        sys.stderr.flush()
        os._exit(1)
    sys.stderr.flush()
    os._exit(0)  # the interpreter's own end would spend seconds collecting vLLM's objects


def run_engine(launch: EngineLaunch, orders: Iterable[bytes], report: Report) -> None:
    """Serve until told to stop by SIGTERM; returns or raises when the engine has ended.

    Args:
        orders: What the supervisor sends while it runs.
    """
    report("progress", "importing vLLM")
    # Torch notes at every start on a CPU that Triton, a compiler for GPUs, is not there.
    logging.getLogger("torch._library.triton").setLevel(logging.ERROR)
    import zmq
    from vllm.utils.network_utils import zmq_socket_ctx
    from vllm.v1.engine.core import EngineCoreProc
    from vllm.v1.executor import Executor

    from jobai_server.engines.vllm_settings import vllm_config

    report("progress", "loading the model")
    config = vllm_config(launch)
    _say_what_ends_it(EngineCoreProc, report)
    if launch.model.sleep_level:
        vllm_sleep.obey(orders, EngineCoreProc, launch.model.sleep_level, report)
    with zmq_socket_ctx(launch.handshake_address, zmq.ROUTER, bind=True) as handshake:
        threading.Thread(target=_greet, args=(handshake, launch, config, report), daemon=True).start()
        EngineCoreProc.run_engine_core(
            vllm_config=config,
            local_client=True,
            handshake_address=launch.handshake_address,
            executor_class=Executor.get_class(config),
            log_stats=True,
        )


def _say_what_ends_it(engine_core: Any, report: Report) -> None:
    """Tell the supervisor the moment an error ends the engine: its process takes seconds more to end."""
    send_dead = engine_core._send_engine_dead

    def told(core: Any) -> None:
        error = sys.exc_info()[1]  # vLLM calls this while it handles the error
        report("failed", reason(error) if isinstance(error, Exception) else "vLLM does not say why")
        send_dead(core)

    engine_core._send_engine_dead = told


def _greet(handshake: object, launch: EngineLaunch, config: VllmConfig, report: Report) -> None:
    """The launcher's half of the handshake: give the engine its clients' addresses, wait until it is ready."""
    from vllm.v1.engine.utils import CoreEngine, CoreEngineLaunch, EngineZmqAddresses, wait_for_engine_startup

    seats = [launch.seat(index) for index in range(launch.seats)]
    addresses = EngineZmqAddresses(
        inputs=[seat.input_address for seat in seats], outputs=[seat.output_address for seat in seats]
    )
    wait_for_engine_startup(
        handshake,
        [CoreEngine(index=0, local=True)],
        config.parallel_config,
        False,
        config.cache_config,
        CoreEngineLaunch(None, None, addresses, None),
    )
    cache = config.cache_config
    report("progress", f"{(cache.num_gpu_blocks or 0) * cache.block_size} tokens of KV cache")
    report("ready")


if __name__ == "__main__":
    main()
