"""The table of figures, and its place in the model card and the documentation."""

from collections.abc import Mapping
from pathlib import Path

_BEGIN, _END = "<!-- evaluation: written by scripts/nano/evaluate.py -->", "<!-- end of evaluation -->"
_AIMS = {
    "title exact match": "≥ 0.85",
    "company exact match": "≥ 0.85",
    "location exact match": "≥ 0.85",
    "classification accuracy": "≥ 0.90",
    "classification ECE": "≤ 0.10",
    "JSON valid with the right keys": "≥ 0.95",
    "answers that end by themselves": "≥ 0.95",
}


def table(figures: Mapping[str, float]) -> str:
    """A Markdown table of every figure, with the aim where there is one."""
    rows = (f"| {name} | {figure:.3f} | {_AIMS.get(name, '')} |" for name, figure in figures.items())
    return "\n".join(("| measure | figure | aim |", "|---|---|---|", *rows))


def write(files: tuple[Path, ...], introduction: str, figures: Mapping[str, float]) -> None:
    """Put the table between the marks of each file.

    Raises ValueError where a file has no such marks; nothing is written then.
    """
    texts = {file: file.read_text(encoding="utf-8") for file in files}
    renewed = {file: _renewed(text, f"{introduction}\n\n{table(figures)}", file) for file, text in texts.items()}
    for file, text in renewed.items():
        file.write_text(text, encoding="utf-8")


def _renewed(text: str, content: str, file: Path) -> str:
    before, begin, rest = text.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not begin or not end:
        raise ValueError(f"{file} has no place for the figures: it lacks '{_BEGIN}' and '{_END}'.")
    return f"{before}{begin}\n{content}\n{end}{after}"
