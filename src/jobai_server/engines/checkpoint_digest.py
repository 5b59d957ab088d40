"""Which checkpoint a folder holds, in a few bytes."""

from __future__ import annotations

from hashlib import blake2b
from pathlib import Path

_SUFFIXES = frozenset({".bin", ".jinja", ".json", ".model", ".py", ".safetensors", ".tiktoken", ".txt"})
"""Of files that have a say in what a model says; a model card has none."""

_SAMPLES = 16
_SAMPLE_BYTES = 64 * 1024


def checkpoint_digest(folder: Path) -> str:
    """The same for equal checkpoints, wherever they lie.

    Of large files only samples are read: forty gigabytes would take minutes, and training changes every number.
    """
    digest = blake2b(digest_size=16)
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if path.suffix in _SUFFIXES and path.is_file() and not any(part.startswith(".") for part in name.parts):
            size = path.stat().st_size
            digest.update(f"{name.as_posix()}\0{size}\0".encode("utf-8", "surrogateescape"))
            with path.open("rb") as file:
                for number in range(_SAMPLES):
                    file.seek(size * number // _SAMPLES)
                    digest.update(file.read(_SAMPLE_BYTES))
    return digest.hexdigest()
