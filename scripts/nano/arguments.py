"""Values of command-line options that are checked before any work begins."""

import os
from argparse import ArgumentTypeError
from pathlib import Path


def count(text: str) -> int:
    """A whole number of 1 or more."""
    if not text.isdecimal() or int(text) == 0:
        raise ArgumentTypeError(f"{text!r} is not a whole number of 1 or more")
    return int(text)


def positive(text: str) -> float:
    """A number above 0."""
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise ArgumentTypeError(f"{text!r} is not a number above 0")
    return number


def model_folder(text: str) -> Path:
    """A folder that holds a model and its tokenizer."""
    return _folder(text, "config.json", "model.safetensors", "tokenizer.json")


def tokenizer_folder(text: str) -> Path:
    """A folder that holds a tokenizer."""
    return _folder(text, "tokenizer.json")


def output_folder(text: str) -> Path:
    """A folder that can be written to, or made."""
    there = next(place for place in (Path(text), *Path(text).absolute().parents) if place.exists())
    if not there.is_dir():
        raise ArgumentTypeError(f"{str(there)!r} is not a folder")
    if not os.access(there, os.W_OK | os.X_OK):
        raise ArgumentTypeError(f"{str(there)!r} cannot be written to")
    return Path(text)


def _folder(text: str, *names: str) -> Path:
    for name in names:
        if not (Path(text) / name).is_file():
            raise ArgumentTypeError(f"there is no {name} in {text!r}")
    return Path(text)
