"""Child processes: a control channel of JSON lines, and a life tied to the parent's.

A child is `python -m MODULE CONTROL_FD PARENT_PID` in a session of its own, so that Ctrl-C in the terminal reaches
the supervisor alone. The kernel kills it when the process that started it is gone, however that came about.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Message = dict[str, Any]

PR_SET_PDEATHSIG = 1
MAX_LINE_BYTES = 16 * 1024 * 1024


class Channel:
    """One end of a control channel inside an event loop: one JSON object a line, both ways."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, end: socket.socket) -> Channel:
        end.setblocking(False)
        return cls(*await asyncio.open_unix_connection(sock=end, limit=MAX_LINE_BYTES))

    def send(self, message: Message) -> None:
        """Queue a message; one to a process that is gone is dropped, its exit is noticed elsewhere."""
        if not self._writer.is_closing():
            self._writer.write(json.dumps(message).encode() + b"\n")

    async def messages(self) -> AsyncIterator[Message]:
        """Every message until the other end closes."""
        with contextlib.suppress(ConnectionError):
            while line := await self._reader.readline():
                yield json.loads(line)

    async def receive(self) -> Message | None:
        """The next message, or None once the other end has closed."""
        async for message in self.messages():
            return message
        return None

    def close(self) -> None:
        self._writer.close()


@dataclass(frozen=True, slots=True)
class Child:
    """A started child process and our end of its control channel."""

    process: asyncio.subprocess.Process
    channel: Channel

    @property
    def alive(self) -> bool:
        return self.process.returncode is None

    def signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(number)

    def kill(self) -> None:
        """The whole session, so that the child's own children go too."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)

    async def stop(self, grace_seconds: float) -> None:
        """Ask to end, wait, then kill, its own children too."""
        self.signal(signal.SIGTERM)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(grace_seconds):
                await self.process.wait()
        self.kill()
        await self.process.wait()
        self.channel.close()


async def start_child(module: str, environment: Mapping[str, str], inherited: Sequence[int] = ()) -> Child:
    """Start `python -m module`. `environment` is added to ours; the descriptors in `inherited` stay open in it."""
    ours, theirs = socket.socketpair()
    process = None
    try:
        with theirs:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                module,
                str(theirs.fileno()),
                str(os.getpid()),
                stdin=asyncio.subprocess.DEVNULL,
                pass_fds=(theirs.fileno(), *inherited),
                start_new_session=True,
                env={**os.environ, **environment},
            )
        return Child(process, await Channel.open(ours))
    except BaseException:  # who is cancelled here is the only one to know of the process
        ours.close()
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        raise


def adopt(arguments: Sequence[str]) -> socket.socket:
    """In a child: tie our life to the parent's and return our end of the control channel."""
    control_descriptor, parent = int(arguments[1]), int(arguments[2])
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it died before the line above took effect
        os._exit(1)
    return socket.socket(fileno=control_descriptor)
