"""What a web worker and the embedding engine say to each other over a local socket: frames, numbers as they lie in
memory, for both ends are on one machine."""

from __future__ import annotations

import asyncio
import itertools
import json
import struct
from collections.abc import Sequence
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

HEADER = struct.Struct("=BxxxIQ")  # kind, bytes of the body, request


class Kind(IntEnum):
    """HELLO and what comes after the client's request go to the client, EMBED and CANCEL to the engine.

    Bodies: HELLO and FAILED a JSON object, EMBED `packed` token ids, VECTORS float32 row by row, CANCEL nothing.
    """

    HELLO = 0
    EMBED = 1
    CANCEL = 2
    VECTORS = 3
    FAILED = 4


def frame(kind: Kind, request: int, body: bytes = b"") -> bytes:
    return HEADER.pack(kind, len(body), request) + body


def json_frame(kind: Kind, request: int, **fields: Any) -> bytes:
    return frame(kind, request, json.dumps(fields).encode())


async def read_frame(reader: asyncio.StreamReader) -> tuple[Kind, int, bytes] | None:
    """Kind, request and body of the next frame; None once the other end is gone."""
    try:
        kind, length, request = HEADER.unpack(await reader.readexactly(HEADER.size))
        return Kind(kind), request, await reader.readexactly(length)
    except (asyncio.IncompleteReadError, ConnectionError):
        return None


def packed(inputs: Sequence[Sequence[int]]) -> bytes:
    """The number of inputs, their lengths, and all token ids in a row, int32 each."""
    lengths = [len(token_ids) for token_ids in inputs]
    numbers = itertools.chain([len(inputs)], lengths, *inputs)
    return np.fromiter(numbers, np.int32, count=1 + len(inputs) + sum(lengths)).tobytes()


def unpacked(body: bytes) -> list[NDArray[np.int32]]:
    """What `packed` was given."""
    numbers = np.frombuffer(body, np.int32)
    count = int(numbers[0])
    ends = np.cumsum(numbers[1 : 1 + count])
    return np.split(numbers[1 + count :], ends[:-1]) if count else []
