"""One block of chat streams against one server, sent from a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

from load import Block, Plan
from server import Server

WARM_UP_TOKENS = 32


def measured_block(server: Server, model: str, *, streams: int, tokens: int, max_tokens: int) -> Block:
    """Load the server for about `tokens` tokens, each answer `max_tokens` of them."""
    plan = Plan(
        port=server.port,
        key=server.key,
        model=model,
        connections=streams,
        rounds=max(1, round(tokens / (streams * max_tokens))),
        max_tokens=max_tokens,
        warm_up_tokens=WARM_UP_TOKENS,
        web=server.web_processes(),
        engine=server.engine_processes(),
    )
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("load.py"))],
        input=json.dumps(asdict(plan)).encode(),
        stdout=subprocess.PIPE,
        timeout=1800,
        check=True,
    )
    return Block(**json.loads(done.stdout))
