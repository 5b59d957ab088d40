"""`jobai-server models …`: which of the configured models are on this machine, and bringing them there."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from jobai_server.engines.checkpoint import checkpoint_folder
from jobai_server.engines.sizes import GIB
from jobai_server.errors import ConfigurationError, ServerError
from jobai_server.settings import EngineSettings, ModelSettings, load_settings
from jobai_server.settings.source import is_hub

app = typer.Typer(no_args_is_help=True, help="The configured models, and the hub they come from.")

INTERRUPTED = 130

Config = Annotated[Path | None, typer.Option(help="Model config file, YAML or JSON [CONFIG_FILE].")]
Names = Annotated[
    list[str] | None, typer.Argument(metavar="[MODEL]...", help="Names or roles; none is all.", show_default=False)
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("list")
def list_models(config: Config = None, as_json: AsJson = False) -> None:
    """Every configured model, and whether it is on this machine."""
    with _errors_as_lines():
        rows = [_row(name, entry) for name, entry in _configured(config, None).items()]
    if as_json:
        _print(json.dumps(rows, indent=2))
        return
    width = max(len(str(row["name"])) for row in rows)
    _print(f"{'NAME':{width}}  {'SIZE':>9}  {'STATE':7}  SOURCE")
    for row in rows:
        size = f"{row['bytes'] / GIB:.1f} GiB" if isinstance(row["bytes"], int) else "-"
        _print(f"{row['name']:{width}}  {size:>9}  {row['state']:7}  {row['source']}")
    for row in rows:
        if row["problem"]:
            sys.stderr.write(f"{row['problem']}\n")


@app.command()
def download(models: Names = None, config: Config = None) -> None:
    """Download what is missing or damaged; an interrupted download goes on where it stopped.

    HF_TOKEN is the token for gated and private repositories, HF_HOME the folder of the cache.
    """
    from huggingface_hub import constants

    from jobai_server.engines.hub.download import download as download_listed
    from jobai_server.engines.hub.listing import hub_listing

    with _errors_as_lines():
        configured = _configured(config, models)
        on_hub = [entry.model for entry in configured.values() if is_hub(entry.model.source)]
        if not constants.HF_HUB_OFFLINE:  # else only what is there is looked at, below
            download_listed([hub_listing(model) for model in on_hub], check=True)
        for name, entry in configured.items():
            _print(f"{name}: {checkpoint_folder(entry.model)}")


@app.command()
def verify(models: Names = None, config: Config = None) -> None:
    """Read every file in full and compare it with the checksum that the hub has for it; changes nothing.

    One line for each file that is missing or damaged; the exit code is 1 if there is any.
    """
    with _errors_as_lines():
        damaged = [name for name, entry in _configured(config, models).items() if not _is_whole(name, entry.model)]
    if damaged:
        sys.stderr.write(f"jobai-server: repair with: jobai-server models download {' '.join(damaged)}\n")
        raise typer.Exit(1)


def _is_whole(name: str, model: ModelSettings) -> bool:
    """Whether the model has no damage, which is printed as it is found."""
    from jobai_server.engines.hub.verification import verified

    whole = True
    try:
        if not is_hub(model.source):
            checkpoint_folder(model)
            _print(f"{name}: nothing is missing; {model.source} is not from the hub and has no checksums")
            return True
        count = 0
        for count, report in enumerate(verified(model), start=1):  # noqa: B007
            if report.damage is not None:
                whole = False
                _print(f"{name}: {report.file.path}: {report.damage}")
    except ConfigurationError as error:
        _print(f"{name}: {error.message}")
        return False
    if whole:
        _print(f"{name}: {count} files are as the hub has them")
    return whole


def _row(name: str, entry: EngineSettings) -> dict[str, object]:
    model = entry.model
    row: dict[str, object] = {"name": name, "roles": entry.roles, "source": model.source, "revision": model.revision}
    try:
        folder = checkpoint_folder(model)
    except ConfigurationError as error:
        return row | {"state": "missing", "folder": None, "bytes": None, "problem": error.message}
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    return row | {"state": "present", "folder": str(folder), "bytes": size, "problem": None}


def _configured(config: Path | None, chosen: list[str] | None) -> Mapping[str, EngineSettings]:
    """First name of each configured model, or of each chosen by any of its names or roles, to the model.

    Raises:
        ConfigurationError: The settings are wrong, or no model is called that.
    """
    models: dict[str, EngineSettings] = {}
    settings = load_settings(config_file=config)
    for warning in settings.warnings:
        sys.stderr.write(f"jobai-server: {warning}\n")
    for role, model in settings.models.by_role().items():
        shared = models.get(model.name[0], EngineSettings(model, ()))
        models[model.name[0]] = EngineSettings(model, (*shared.roles, role))
    if not chosen:
        return models
    known = {called: name for name, entry in models.items() for called in (*entry.model.name, *entry.roles)}
    if unknown := [name for name in chosen if name not in known]:
        raise ConfigurationError(f"No model is called {unknown[0]}; configured are: {', '.join(models)}.")
    return {name: models[name] for name in dict.fromkeys(known[called] for called in chosen)}


@contextmanager
def _errors_as_lines() -> Iterator[None]:
    try:
        yield
    except ServerError as error:
        sys.stderr.write(f"jobai-server: {error.message}\n")
        raise typer.Exit(2) from None
    except KeyboardInterrupt:
        sys.stderr.write("\njobai-server: interrupted; the same command goes on from here\n")
        raise typer.Exit(INTERRUPTED) from None


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
