"""The secret that keyed hashes of API keys are made with. It is never in the database: either alone opens nothing."""

from __future__ import annotations

import hmac
import os
import secrets
from pathlib import Path

from jobai_server.errors import ConfigurationError

FILE_NAME = "pepper"
PEPPER_BYTES = 32


class Pepper:
    """Makes digests of keys; prints as nothing."""

    __slots__ = ("_secret",)

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def __repr__(self) -> str:
        return "Pepper(***)"

    def digest(self, key: str) -> bytes:
        """HMAC-SHA-256 of a whole key, whatever its form: 32 bytes."""
        return hmac.digest(self._secret, key.encode("utf-8", "surrogatepass"), "sha256")

    def fingerprint(self) -> bytes:
        """Tells whether two peppers are the same: 32 bytes that reveal neither."""
        return hmac.digest(self._secret, b"jobai-server key store", "sha256")


def stored_pepper(data_directory: Path) -> Pepper | None:
    """The pepper kept in the data directory, or None where there is none.

    Raises:
        ConfigurationError: The file cannot be read, or is damaged.
    """
    path = data_directory / FILE_NAME
    try:
        secret = path.read_text("ascii").strip()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is damaged"
        raise ConfigurationError(f"The key pepper {path} cannot be read: {reason}.") from None
    if len(secret) != 2 * PEPPER_BYTES:
        raise ConfigurationError(f"The key pepper {path} is damaged; restore it from a backup.")
    return Pepper(secret)


def created_pepper(data_directory: Path) -> Pepper:
    """A new pepper, on disk with mode 0600 before it is used; another starter's where that was faster.

    Raises:
        ConfigurationError: It cannot be written.
    """
    path = data_directory / FILE_NAME
    temporary = path.with_suffix(f".{os.getpid()}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(PEPPER_BYTES) + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(temporary, path)
        except FileExistsError:
            pass
        finally:
            temporary.unlink()
        _sync_directory(data_directory)
    except OSError as error:
        raise ConfigurationError(f"The key pepper cannot be kept in {path}: {error.strerror}.") from None
    pepper = stored_pepper(data_directory)
    assert pepper is not None
    return pepper


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
