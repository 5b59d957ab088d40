"""The command line."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Annotated

import typer

from jobai_server import key_commands, model_commands
from jobai_server.errors import ConfigurationError

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)
app.add_typer(key_commands.app, name="keys")
app.add_typer(model_commands.app, name="models")


@app.callback()
def _jobai_server() -> None:
    """An OpenAI-compatible model server for job discovery."""


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on [HOST, default 0.0.0.0].")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on [PORT, default 8080].")] = None,
    workers: Annotated[int | None, typer.Option(help="Web worker processes [WORKERS, default 1].")] = None,
    config: Annotated[Path | None, typer.Option(help="Model config file, YAML or JSON [CONFIG_FILE].")] = None,
    debug: Annotated[bool | None, typer.Option("--debug/--no-debug", help="Log everything [DEBUG].")] = None,
) -> None:
    """Serve the configured models until SIGTERM or Ctrl-C."""
    from jobai_server.serve import serve as serve_until_stopped

    given = {"host": host, "port": port, "workers": workers, "config_file": config, "debug": debug}
    try:
        code = serve_until_stopped({name: value for name, value in given.items() if value is not None})
    except ConfigurationError as error:
        sys.stderr.write(f"jobai-server: {error.message}\n")
        code = 2
    logging.shutdown()
    raise typer.Exit(code)


@app.command()
def plan(
    gpu_memory: Annotated[
        str | None, typer.Option(help="Memory of the GPU, such as 80GiB [that of the GPU here].")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="Model config file, YAML or JSON [CONFIG_FILE].")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, all sizes in bytes.")] = False,
) -> None:
    """Print what the configured models need of a GPU; exit code 1 where they do not fit."""
    from jobai_server.plan_command import plan as print_plan

    try:
        code = print_plan(config, gpu_memory, as_json=as_json)
    except ConfigurationError as error:
        sys.stderr.write(f"jobai-server: {error.message}\n")
        code = 2
    raise typer.Exit(code)


@app.command()
def version() -> None:
    """Print the versions of this server and its vLLM."""
    from jobai_server.engines.platform import vllm_version
    from jobai_server.versions import server_version

    sys.stdout.write(f"jobai-server {server_version()}\nvllm {vllm_version() or 'not installed'}\n")


def main() -> None:
    app(prog_name="jobai-server")
