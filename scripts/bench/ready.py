"""What a server of ours needs before it is measured: all its models, and keys."""

from __future__ import annotations

import json
import time
import urllib.request


def wait_for_all_models(port: int) -> None:
    """Until /health says that every model is ready."""
    while True:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=30) as answer:
            if json.load(answer)["status"] == "ok":
                return
        time.sleep(0.2)


def new_key(port: int, admin_key: str, name: str) -> str:
    """A client's key."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/api-keys/create",
        json.dumps({"name": name, "role": "client"}).encode(),
        {"X-API-Key": admin_key, "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return str(json.load(answer)["key"])
