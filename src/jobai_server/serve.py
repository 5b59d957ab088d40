"""`jobai-server serve`: check everything that can be checked at once, then start the process tree."""

from __future__ import annotations

import asyncio
import io
import logging
import os
import signal
import socket
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from jobai_server.auth.bootstrap import admit_given_key, new_admin_key
from jobai_server.auth.key_follower import POLL_SECONDS
from jobai_server.auth.store_opening import attached_store, prepared_store
from jobai_server.engines.checkpoint import checkpoint_folders
from jobai_server.engines.embedding_checkpoint import check_embedding_checkpoint
from jobai_server.engines.gpu_memory import gpu_memory
from jobai_server.engines.memory_fit import problems
from jobai_server.engines.memory_plan import plan_memory
from jobai_server.engines.platform import is_cpu, vllm_version
from jobai_server.engines.sizes import GIB
from jobai_server.errors import ConfigurationError, StoreUnavailable
from jobai_server.logs import configure_logging
from jobai_server.settings import CLIENT_KEY_VARIABLE, ServerSettings, Settings, forget_secrets, load_settings
from jobai_server.supervision.supervisor import Supervisor

log = logging.getLogger(__name__)

BACKLOG = 2048
SHELL_KEY = f"${CLIENT_KEY_VARIABLE}"
ANOTHER_KEY = "jobai-server keys create --name NAME --role admin"


def serve(overrides: Mapping[str, object]) -> int:
    """Serve until stopped; the exit code.

    Raises:
        ConfigurationError: Something is wrong that no engine start is needed to see.
    """
    # The first process of a container has no default for it, and would download on; the supervisor has its own way.
    signal.signal(signal.SIGTERM, _end)
    settings = load_settings(**overrides)
    configure_logging(debug=settings.server.debug, log_format=settings.server.log_format)
    for warning in settings.warnings:
        log.warning("%s", warning)
    if vllm_version() is None:
        raise ConfigurationError("vLLM is not installed; install jobai-server[cpu] or jobai-server[cuda].")
    if settings.models.embedding_model and find_spec("sentence_transformers") is None:
        raise ConfigurationError(
            "sentence-transformers, which runs the embedding model, is not installed; install jobai-server[embeddings]."
        )
    with _listener(settings.server) as listener:
        asyncio.run(_prepare_keys(settings.server))
        settings, planned_memory = _planned(settings)  # before anything large is downloaded
        checkpoints = checkpoint_folders(
            {name: model for name, (model, _) in settings.models.engines().items()},
            download=settings.server.download_models_on_start,
        )
        if embedding := settings.models.embedding_model:
            check_embedding_checkpoint(embedding, checkpoints[embedding.name[0]])
        return asyncio.run(_supervise(settings, checkpoints, listener, planned_memory))


def _planned(settings: Settings) -> tuple[Settings, Mapping[str, int]]:
    """The same settings, with absolute sizes for the engines that share a GPU, and model → bytes of the GPU.

    Raises:
        ConfigurationError: The models do not fit, or whether they do is not to be found out.
    """
    if is_cpu() or settings.server.skip_memory_plan:
        return settings, {}
    size = gpu_memory()
    if size is None:
        log.warning("the engines start without a memory plan: nvidia-smi does not tell how much memory the GPU has")
        return settings, {}
    try:
        plan = plan_memory(settings.models, size, settings.server.gpu_reserved_memory)
    except ConfigurationError as error:
        sentence = error.message.rstrip(".")
        raise ConfigurationError(f"{sentence}. JOBAI_SKIP_MEMORY_PLAN=true starts without a memory plan.") from error
    if found := problems(plan):
        raise ConfigurationError(" ".join([*found, "JOBAI_SKIP_MEMORY_PLAN=true starts all the same."]))
    for model in plan.models:
        log.info("memory plan: %s has %.2f GiB, %d tokens of cache", model.name, model.total / GIB, model.kv_tokens)
    sized = settings.model_copy(update={"models": plan.applied(settings.models)})
    return sized, {model.name: model.total for model in plan.models}


async def _prepare_keys(server: ServerSettings) -> None:
    """Have the key store ready before anything is started that needs it."""
    store = await prepared_store(server)
    try:
        if server.admin_key:
            await admit_given_key(store, server.admin_key.get_secret_value())
    except StoreUnavailable as error:
        raise ConfigurationError(error.message) from None
    finally:
        await store.database.close()


async def _supervise(
    settings: Settings, checkpoints: Mapping[str, Path], listener: socket.socket, planned_memory: Mapping[str, int]
) -> int:
    port = listener.getsockname()[1]
    forget_secrets()  # the children are told what they need, and the engines need none of it
    server = settings.server.model_copy(update={"admin_key": None})
    supervisor = Supervisor(
        settings.model_copy(update={"server": server}),
        checkpoints,
        listener,
        lambda: _announce_ready(settings, supervisor, port),
        planned_memory,
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
    except (OSError, UnicodeError) as error:
        number = error.errno if isinstance(error, OSError) else None
        reason = os.strerror(number) if number and number > 0 else _one_line(str(error))
        raise ConfigurationError(
            f"cannot listen on {server.host}:{server.port}: {reason}; choose another with HOST and PORT."
        ) from error
    return listener


async def _announce_ready(settings: Settings, supervisor: Supervisor, port: int) -> None:
    """The one short block a newcomer needs, on standard output."""
    host = settings.server.host if settings.server.host not in {"0.0.0.0", "::", ""} else "localhost"
    url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    lines = ["", f"jobai-server is ready at {url}/v1", ""]
    for engine in supervisor.engines:
        _, roles = settings.models.engines()[engine.name]
        lines.append(f"  model      {engine.name}  ({', '.join(roles)})  {engine.status.state}")
    key_lines, shown = await _admin_key(settings.server)
    lines += [*key_lines, "", "Try it:", "", _curl(url, shown), ""]
    try:
        sys.stdout.write("\n".join(lines) + "\n")
        sys.stdout.flush()
    except OSError as error:
        log.warning("standard output cannot be written (%s); if you need an admin key: %s", error, ANOTHER_KEY)
        sys.stdout = io.StringIO()  # what is left in the other would fail again at the very end


async def _admin_key(server: ServerSettings) -> tuple[list[str], str]:
    """The block's lines about the admin key, and what stands for the key in a command."""
    if server.admin_key:
        return ["  admin key  the one in JOBAI_ADMIN_KEY"], "$JOBAI_ADMIN_KEY"
    store = attached_store(server)
    try:
        # Made only now that it can be shown: a key that is stored, but was never seen, would be of no use.
        key = await new_admin_key(store)
    except StoreUnavailable:
        return [f"  admin key  none could be stored; make one with: {ANOTHER_KEY}"], SHELL_KEY
    finally:
        await store.database.close()
    if key is None:
        return [f"  admin key  as shown at the first start; another: {ANOTHER_KEY}"], SHELL_KEY
    await asyncio.sleep(2 * POLL_SECONDS)  # until every web worker has heard of it
    return [f"  admin key  {key}", "             shown this once; keep it safe"], key


def _end(number: int, _: object) -> None:
    raise SystemExit(128 + number)


def _one_line(text: str) -> str:
    return (text.splitlines() or ["no reason given"])[0]


def _curl(url: str, key: str) -> str:
    messages = '[{"role": "user", "content": "Write a job description for a Senior AI Engineer"}]'
    return (
        f"curl {url}/v1/chat/completions \\\n"
        f'  -H "Authorization: Bearer {key}" \\\n'
        f"  -H 'Content-Type: application/json' \\\n"
        f"""  -d '{{"messages": {messages}, "temperature": 0}}'"""
    )
