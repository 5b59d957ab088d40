"""The admin key: given by the operator, or made once and kept on this machine."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from jobai_server.errors import ConfigurationError

FILE_NAME = "admin-key"
SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class AdminKey:
    """The key; `path` is where it is kept if it is ours, `new` says that it was made just now."""

    secret: str = field(repr=False)
    path: Path | None
    new: bool


def admin_key(given: str | None, data_directory: Path) -> AdminKey:
    """The given key, else the stored one, else a new one, stored with mode 0600 in a directory of mode 0700.

    Raises:
        ConfigurationError: The data directory or the file in it cannot be used.
    """
    if given is not None:
        return AdminKey(given, None, new=False)
    path = data_directory / FILE_NAME
    try:
        data_directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        return _stored(path) or _created(path)
    except OSError as error:
        raise ConfigurationError(f"The admin key cannot be kept in {path}: {error.strerror}.") from error


def _stored(path: Path) -> AdminKey | None:
    if not path.exists():
        return None
    secret = path.read_text().strip()
    if not secret:
        raise ConfigurationError(f"The admin key file {path} is empty; delete it to have a new key made.")
    return AdminKey(secret, path, new=False)


def _created(path: Path) -> AdminKey:
    secret = f"jobai-{secrets.token_urlsafe(SECRET_BYTES)}"
    # Written whole under another name first: a key is shown only once it is safely stored, and never half.
    temporary = path.with_suffix(f".{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secret + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(temporary, path)
    except FileExistsError:  # another start was faster; its key counts
        return AdminKey(path.read_text().strip(), path, new=False)
    finally:
        temporary.unlink()
    return AdminKey(secret, path, new=True)
