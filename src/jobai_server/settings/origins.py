"""Origins of browser pages, `scheme://host[:port]`, as a setting."""

from __future__ import annotations

import re
from typing import Any

_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://([a-z0-9._-]+|\[[0-9a-f:.]+\])(:(?P<port>[0-9]{1,5}))?")


def split(origins: Any) -> Any:
    """A comma-separated text's parts, each once; anything else as it is."""
    if isinstance(origins, str):
        return tuple(dict.fromkeys(part.strip().lower() for part in origins.split(",") if part.strip()))
    return origins


def checked(origins: tuple[str, ...]) -> tuple[str, ...]:
    """
    Raises:
        ValueError: One has another shape, or there are more than 256.
    """
    for origin in origins:
        match = _ORIGIN.fullmatch(origin)
        if origin != "*" and not (match and 0 < int(match["port"] or 1) <= 65535):
            raise ValueError("* or a comma-separated list of scheme://host[:port], with no path or final slash")
    if len(origins) > 256:
        raise ValueError("at most 256 origins")
    return origins
