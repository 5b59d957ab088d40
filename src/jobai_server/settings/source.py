"""Where a model's weights come from: the hub, a local folder, or an installed Python package."""

from __future__ import annotations

import os
import re
from pathlib import Path

PACKAGE_PREFIX = "package:"

# huggingface_hub refuses all else, with a traceback.
_HUB_NAME = r"[A-Za-z0-9]([A-Za-z0-9._-]{0,94}[A-Za-z0-9_])?"
_HUB = re.compile(rf"(?!.*(--|\.\.|\.git$)){_HUB_NAME}/{_HUB_NAME}")
_PACKAGE = re.compile(r"package:[A-Za-z_]\w*(\.[A-Za-z_]\w*)*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*", re.ASCII)
_LOCAL = re.compile(r"(/|~|\./|\.\./)")


def is_local(source: str) -> bool:
    """Whether the source is written as a path of the file system."""
    return _LOCAL.match(source) is not None


def is_hub(source: str) -> bool:
    """Whether the source is a repository of the hub, `owner/repo`."""
    return _HUB.fullmatch(source) is not None


def normalise(source: str, folder: Path | None) -> str:
    """The source with a local path made absolute against `folder` (None: the working directory).

    Raises:
        ValueError: Saying what is allowed.
    """
    if source.lower().endswith(".gguf"):
        raise ValueError("an AWQ or GPTQ checkpoint; vLLM does not serve GGUF files")
    if is_local(source):
        return str(absolute(source, folder))
    if is_hub(source) or _PACKAGE.fullmatch(source):
        return source
    raise ValueError("owner/repo, a path that begins with /, ./, ../ or ~, or package:import.name/folder")


def absolute(path: str, folder: Path | None) -> Path:
    """`path` against `folder` (None: the working directory), `~` expanded, symbolic links left alone.

    Raises:
        ValueError: Where `~` names no home.
    """
    try:
        return Path(os.path.abspath((folder or Path()) / Path(path).expanduser()))
    except RuntimeError:
        raise ValueError("a path; its ~ names no user's home here") from None
