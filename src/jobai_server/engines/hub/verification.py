"""Whether a downloaded model is, byte for byte, what the hub has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from jobai_server.engines.hub.checksum import damage
from jobai_server.engines.hub.listing import HubFile, HubListing, hub_listing, recorded_commit, recorded_listing
from jobai_server.errors import ConfigurationError
from jobai_server.settings import ModelSettings


@dataclass(frozen=True, slots=True)
class FileReport:
    """One needed file, and what is wrong with it, or None."""

    file: HubFile
    damage: str | None


def verified(model: ModelSettings) -> Iterator[FileReport]:
    """Reads every needed file of the model's commit on this machine in full.

    The checksums are those that were recorded at the download; the hub is asked only where none were.

    Raises:
        ConfigurationError: The model was never downloaded, or there are no checksums to be had.
    """
    listing = recorded_listing(model) or _listing_from_hub(model)
    for file in listing.files:
        try:
            found = damage(file, listing.snapshot / file.path)
        except OSError as error:
            found = f"cannot be read: {error.strerror}"
        yield FileReport(file, found)


def _listing_from_hub(model: ModelSettings) -> HubListing:
    commit = recorded_commit(model)
    if commit is None:
        raise ConfigurationError(
            f"Model '{model.name[0]}': {model.source} is not on this machine; "
            f"download it with: jobai-server models download {model.name[0]}"
        )
    return replace(hub_listing(model.model_copy(update={"revision": commit})), model=model)
