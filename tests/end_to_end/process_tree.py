"""The processes of a started server, as the operating system sees them."""

from __future__ import annotations

import contextlib

import psutil


class ProcessTree:
    """A supervisor and what it has started.

    Attributes:
        pid: The supervisor's process id.
    """

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._family: dict[int, psutil.Process] = {}

    def web_workers(self) -> list[int]:
        return [process.pid for process, command in self._children() if "jobai_server.web_process" in command]

    def engines(self) -> list[int]:
        """Processes of text engines; vLLM gives them a title of its own once it is loaded."""
        return [
            process.pid
            for process, command in self._children()
            if "jobai_server.engines.vllm_process" in command or "EngineCore" in command
        ]

    def embedding_engine(self) -> int | None:
        """The process of the embedding engine, where there is one at the moment; the spare one does not listen."""
        running = [
            process.pid
            for process, command in self._children()
            if "embedding_process" in command and any(one.laddr for one in process.net_connections("unix"))
        ]
        assert len(running) < 2
        return running[0] if running else None

    def family(self) -> list[psutil.Process]:
        """Every process of the tree that was alive at this or an earlier call."""
        with contextlib.suppress(psutil.NoSuchProcess):
            supervisor = psutil.Process(self.pid)
            for process in [supervisor, *supervisor.children(recursive=True)]:
                self._family[process.pid] = process
        return list(self._family.values())

    def orphans(self, seconds: float = 5.0) -> list[psutil.Process]:
        """Processes of the tree that still live, after giving them some seconds to end."""
        _, alive = psutil.wait_procs(self.family(), timeout=seconds)
        return [process for process in alive if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]

    def _children(self) -> list[tuple[psutil.Process, str]]:
        children = []
        for process in psutil.Process(self.pid).children():
            with contextlib.suppress(psutil.NoSuchProcess):
                if process.status() != psutil.STATUS_ZOMBIE:
                    children.append((process, " ".join(process.cmdline())))
        return children
