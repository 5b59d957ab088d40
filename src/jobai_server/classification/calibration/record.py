"""A calibration as it is kept: never changed, only deleted."""

from __future__ import annotations

import re
import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jobai_server.classification.calibration.adjustment import Adjustment

PREFIX = "calib_"
# 24 characters of base62 are 142 random bits.
_RANDOM_LENGTH = 24
_ALPHABET = string.digits + string.ascii_letters
_ID = re.compile(rf"{PREFIX}[0-9A-Za-z]{{{_RANDOM_LENGTH}}}")


@dataclass(frozen=True, slots=True)
class CalibrationRecord:
    """One stored calibration.

    Attributes:
        id: `calib_…`; nobody can guess it.
        owner: Public id of the key that made it.
        created_at: Unix time, seconds.
        model: The model's own name.
        fingerprint: Of the model, when it was fitted.
        definition: What was asked of the model, as JSON: a fit is of no use for anything else.
        adjustment: The fit; its biases are in the order of the definition's categories.
        report: How good the fit is, as JSON.
    """

    id: str
    owner: str
    created_at: float
    model: str
    fingerprint: str
    definition: Mapping[str, Any]
    adjustment: Adjustment
    report: Mapping[str, Any]


def new_calibration_id() -> str:
    return PREFIX + "".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM_LENGTH))


def is_calibration_id(text: str) -> bool:
    return _ID.fullmatch(text) is not None
