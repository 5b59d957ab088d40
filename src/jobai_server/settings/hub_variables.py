"""huggingface_hub's own variables: it reads them itself, and fails with a traceback where they make no sense."""

from __future__ import annotations

import os
import re
from urllib.parse import urlsplit

from jobai_server.errors import ConfigurationError

HUB_TOKENS = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")


def check_hub_variables() -> None:
    """Before anything imports huggingface_hub.

    Raises:
        ConfigurationError: One line naming the variable; a token is not shown.
    """
    endpoint = os.environ.get("HF_ENDPOINT", "")
    if endpoint and not _is_address(endpoint):
        raise ConfigurationError(f"HF_ENDPOINT is {endpoint!r}; allowed: an address such as https://huggingface.co")
    for name in HUB_TOKENS:
        if re.search(r"[^\x21-\x7e]", os.environ.get(name, "").strip()):
            raise ConfigurationError(
                f"{name} has characters that no token has; allowed: ASCII letters, digits and signs"
            )


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)
