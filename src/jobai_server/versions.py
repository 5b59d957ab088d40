"""Which version of this server is running."""

from __future__ import annotations

from functools import cache
from importlib import metadata


@cache
def server_version() -> str:
    return metadata.version("jobai-server")
