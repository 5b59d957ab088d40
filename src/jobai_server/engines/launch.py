"""What the supervisor tells an engine process and the web workers about one run of an engine."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from jobai_server.logs import LogFormat
from jobai_server.settings import ModelSettings

EngineKind = Literal["text", "embedding"]


class Seat(BaseModel):
    """One web worker's place at one run of an engine: its two sockets and its number among `seats`."""

    model_config = ConfigDict(frozen=True)

    input_address: str
    output_address: str
    index: int
    seats: int


class EngineLaunch(BaseModel):
    """One run of one engine. Every run has sockets of its own, so nothing of a dead run can reach the next.

    Attributes:
        kind: What the engine does: write text, or embed it.
        name: The model's first served name.
        path: The checkpoint's folder on this machine.
        seats: How many clients the engine serves at most in this run; a worker that is replaced takes a new one,
            because the engine greets each seat only once.
        run_directory: Where the sockets live.
        debug, log_format: As `configure_logging` takes them.
    """

    model_config = ConfigDict(frozen=True)

    kind: EngineKind
    name: str
    model: ModelSettings
    path: Path
    seats: int
    run_directory: Path
    debug: bool = False
    log_format: LogFormat | None = None

    def _address(self, what: str) -> str:
        # Unix socket paths end at 107 bytes, so the model's name stays out of them.
        return f"ipc://{self.run_directory}/{what}"

    @property
    def run(self) -> str:
        """Which run of the engine this is."""
        return self.run_directory.name

    @property
    def handshake_address(self) -> str:
        return self._address("hello")

    @property
    def socket_path(self) -> Path:
        """Where an engine that needs no handshake listens for all its clients."""
        return self.run_directory / "socket"

    def seat(self, index: int) -> Seat:
        return Seat(
            input_address=self._address(f"{index}.in"),
            output_address=self._address(f"{index}.out"),
            index=index,
            seats=self.seats,
        )
