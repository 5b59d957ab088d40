"""What the supervisor does for a web worker that is gone."""

from __future__ import annotations

import shutil
import socket

from tests.end_to_end.quantised_checkpoints import NANO

from jobai_server.engines.queue_table import RUNNING, QueueTable
from jobai_server.engines.request_queues import queue_path
from jobai_server.settings import load_settings
from jobai_server.supervision.supervisor import Supervisor


async def nothing() -> None:
    pass


async def test_what_a_dead_worker_had_running_is_forgotten_at_once() -> None:
    settings = load_settings(workers=2)
    names = list(settings.models.engines())
    with socket.socket() as listener:
        supervisor = Supervisor(settings, dict.fromkeys(names, NANO), listener, nothing, {})
        try:
            table = QueueTable(queue_path(supervisor._run_directory, 0), 8)
            for worker in (0, 1, 1):
                table.add(worker=worker, key=0, rank=1, answers=1, tokens=1, start=0)
            table.entries["state"][:3] = RUNNING
            supervisor.workers[1]._ended(1 << 30)
            assert table.running() == 1
        finally:
            shutil.rmtree(supervisor._run_directory)
