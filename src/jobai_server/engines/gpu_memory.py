"""How much memory the GPU has, asked of the driver's own tool: torch would make a CUDA context in this process."""

from __future__ import annotations

import os
import subprocess

NVIDIA_SMI_SECONDS = 20.0


def gpu_memory() -> int | None:
    """Memory of the GPU that engines will use, in bytes; None where there is none."""
    # CUDA numbers only the devices that this variable lists, and the first of them is the one that is used.
    first = os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",")[0].strip()
    chosen = [f"--id={first}"] if first else []
    command = ["nvidia-smi", "--query-gpu=memory.total", "--format=csv,noheader,nounits", *chosen]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=NVIDIA_SMI_SECONDS, check=True)
        return int(answer.stdout.split()[0]) << 20
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return None
