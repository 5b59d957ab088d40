"""One streamed chat, read as it comes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator


async def chat_stream(port: int, key: str, prompt: str, max_tokens: int) -> AsyncGenerator[None, None]:
    """Ask, and give one item for every event with content; closing it hangs up.

    Raises:
        RuntimeError: The answer is not a whole stream.
    """
    body = json.dumps(
        {"messages": [{"role": "user", "content": prompt}], "max_tokens": max_tokens, "stream": True}
    ).encode()
    head = (
        f"POST /v1/chat/completions HTTP/1.1\r\nHost: bench\r\nConnection: close\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(head.encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        if not answer.startswith(b"HTTP/1.1 200 "):
            raise RuntimeError(f"refused: {answer!r} {(await reader.read(500))!r}")
        last = b""
        async for line in reader:
            if line.startswith(b"data: "):
                last = line
                if b'"content":"' in line and b'"content":""' not in line:
                    yield
        if last.strip() != b"data: [DONE]":
            raise RuntimeError(f"broken off: {last!r}")
    finally:
        writer.close()
