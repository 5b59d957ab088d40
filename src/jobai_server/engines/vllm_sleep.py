"""Sleep and wake, as the supervisor orders them, inside the process of a vLLM engine.

vLLM offers both to its clients alone. Here the supervisor decides, so that it does not matter which web worker lives.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from functools import partial
from typing import Any

from jobai_server.engines.report import Report, reason

Order = Callable[[Any], None]


def obey(lines: Iterable[bytes], engine_core: Any, level: int, report: Report) -> None:
    """Have every engine of this class carry out the orders in `lines`, between two steps of its loop.

    `sleep` is answered with the event `asleep`, `wake` with `awake`; an error ends the engine.

    Args:
        lines: `{"event": "sleep"}` or `{"event": "wake"}`, one a line.
        engine_core: vLLM's class EngineCoreProc.
        level: vLLM's sleep level.
    """
    from vllm.v1.engine import EngineCoreRequestType

    run_busy_loop, handle = engine_core.run_busy_loop, engine_core._handle_client_request
    orders: dict[str, Order] = {"sleep": partial(_sleep, level=level, report=report), "wake": partial(_wake, report)}

    def read(core: Any) -> None:
        for line in lines:
            core.input_queue.put_nowait((EngineCoreRequestType.WAKEUP, orders[json.loads(line)["event"]]))

    def run(core: Any) -> None:
        threading.Thread(target=read, args=(core,), daemon=True).start()
        run_busy_loop(core)

    def handled(core: Any, kind: EngineCoreRequestType, request: Any) -> None:
        if kind is EngineCoreRequestType.WAKEUP and request is not None:
            request(core)
        else:
            handle(core, kind, request)

    engine_core.run_busy_loop, engine_core._handle_client_request = run, handled


def _sleep(core: Any, level: int, report: Report) -> None:
    def told(done: Future[None]) -> None:
        if error := done.exception():
            report("failed", reason(error))
        else:
            report("asleep")

    pending: Future[None] | None = core.sleep(level)
    if pending is None:
        report("asleep")
    else:  # requests that it still had are being aborted
        pending.add_done_callback(told)


def _wake(report: Report, core: Any) -> None:
    core.wake_up()
    report("awake")
