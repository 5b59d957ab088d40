"""What goes wrong with the hub, in one line that says what to do about it."""

from __future__ import annotations

import errno

import httpx2
from huggingface_hub import constants, get_token
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from jobai_server.engines.report import first_line
from jobai_server.errors import ConfigurationError
from jobai_server.settings import ModelSettings

HUB_ERRORS = (httpx2.HTTPError, OSError, ValueError)
"""Everything that talking to the hub and writing what it sends can raise; the hub's own errors are among them, and
those about an answer that cannot be read."""


def refusal(model: ModelSettings, error: Exception) -> ConfigurationError:
    """The error to raise for a model that could not be had, naming the command, page or setting that helps."""
    return ConfigurationError(f"Model '{model.name[0]}': {_reason(model, error)}")


def _reason(model: ModelSettings, error: Exception) -> str:
    page = f"{constants.ENDPOINT}/{model.source}"
    match error:
        case OfflineModeIsEnabled():
            return (
                f"{model.source} is not complete on this machine, and HF_HUB_OFFLINE forbids asking the hub; "
                f"unset it and run: jobai-server models download {model.name[0]}"
            )
        case GatedRepoError() if get_token():
            return f"{model.source} is gated, and the account of HF_TOKEN has no access; ask for it at {page}"
        case GatedRepoError():
            return f"{model.source} is gated; accept its terms at {page} and set HF_TOKEN to a token of that account."
        case RevisionNotFoundError():
            return f"{model.source} has no revision {model.revision}; see {page}/commits for those it has."
        case RepositoryNotFoundError():
            return f"there is no {page} that this machine may see; check the source, and set HF_TOKEN if it is private."
        case HfHubHTTPError() if error.response.status_code in (401, 403):
            return (
                f"the hub refused HF_TOKEN for {model.source} ({error.response.status_code}); "
                f"make a valid one at {constants.ENDPOINT}/settings/tokens"
            )
        case HfHubHTTPError() if error.response.status_code == 404 and "x-error-code" not in error.response.headers:
            return f"{constants.ENDPOINT} is no model hub: it answered 404 for {model.source}; check HF_ENDPOINT."
        case HfHubHTTPError():
            return f"the hub answered {error.response.status_code} for {model.source}; try later; what arrived is kept."
        case httpx2.HTTPError():
            return (
                f"{model.source} could not be downloaded, {constants.ENDPOINT} is out of reach: {first_line(error)}; "
                "try later; what arrived is kept."
            )
        case ValueError():
            return f"{constants.ENDPOINT} does not answer as a model hub: {first_line(error)}; check HF_ENDPOINT."
        case OSError() if error.errno == errno.ENOSPC:
            return f"the disk of {constants.HF_HUB_CACHE} is full; make room there, or set HF_HOME to a larger disk."
    return f"{model.source} could not be downloaded to {constants.HF_HUB_CACHE}: {first_line(error)}"
