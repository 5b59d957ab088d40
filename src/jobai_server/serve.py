"""`jobai-server serve`: check everything that can be checked at once, then start the process tree."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

from jobai_server.auth.admin_key import AdminKey, admin_key
from jobai_server.engines.checkpoint import checkpoint_folder
from jobai_server.engines.platform import vllm_version
from jobai_server.errors import ConfigurationError
from jobai_server.logs import configure_logging
from jobai_server.settings import ServerSettings, Settings, load_settings
from jobai_server.supervision.supervisor import Supervisor

log = logging.getLogger(__name__)

BACKLOG = 2048


def serve(overrides: Mapping[str, object]) -> int:
    """Serve until stopped; the exit code.

    Raises:
        ConfigurationError: Something is wrong that no engine start is needed to see.
    """
    settings = load_settings(**overrides)
    configure_logging(debug=settings.server.debug)
    for warning in settings.warnings:
        log.warning("%s", warning)
    if vllm_version() is None:
        raise ConfigurationError("vLLM is not installed; install jobai-server[cpu] or jobai-server[cuda].")
    with _listener(settings.server) as listener:
        checkpoints = {
            name: checkpoint_folder(model, download=settings.server.download_models_on_start)
            for name, (model, _) in settings.models.text_engines().items()
        }
        given = settings.server.admin_key
        key = admin_key(given.get_secret_value() if given else None, settings.server.data_directory)
        return asyncio.run(_supervise(settings, checkpoints, listener, key))


async def _supervise(
    settings: Settings, checkpoints: Mapping[str, Path], listener: socket.socket, key: AdminKey
) -> int:
    port = listener.getsockname()[1]
    supervisor = Supervisor(
        settings, checkpoints, listener, key.secret, lambda: _announce_ready(settings, supervisor, port, key)
    )
    return await supervisor.run()


def _listener(server: ServerSettings) -> socket.socket:
    """The listening socket all web workers share.

    Raises:
        ConfigurationError: The address is taken or not ours.
    """
    try:
        [(family, kind, protocol, _, address), *_] = socket.getaddrinfo(
            server.host, server.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
        raise ConfigurationError(
            f"cannot listen on {server.host}:{server.port}: {reason}; choose another with HOST and PORT."
        ) from error
    return listener


def _announce_ready(settings: Settings, supervisor: Supervisor, port: int, key: AdminKey) -> None:
    """The one short block a newcomer needs, on standard output."""
    host = settings.server.host if settings.server.host not in {"0.0.0.0", "::", ""} else "localhost"
    url = f"http://{host}:{port}"
    shown = key.secret if key.new else f"$(cat {key.path})"
    lines = ["", f"jobai-server is ready at {url}/v1", ""]
    for engine in supervisor.engines:
        _, roles = settings.models.text_engines()[engine.name]
        lines.append(f"  model      {engine.name}  ({', '.join(roles)})  {engine.status.state}")
    if key.new:
        lines.append(f"  admin key  {key.secret}")
        lines.append(f"             shown this once; kept in {key.path}")
    elif key.path:
        lines.append(f"  admin key  in {key.path}")
    else:
        lines.append("  admin key  the one in JOBAI_ADMIN_KEY")
        shown = "$JOBAI_ADMIN_KEY"
    lines += ["", "Try it:", "", _curl(url, shown), ""]
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def _curl(url: str, key: str) -> str:
    body = '{"messages": [{"role": "user", "content": "Write a job description for a Senior AI Engineer"}]}'
    return (
        f"curl {url}/v1/chat/completions \\\n"
        f'  -H "Authorization: Bearer {key}" \\\n'
        f"  -H 'Content-Type: application/json' \\\n"
        f"  -d '{body}'"
    )
