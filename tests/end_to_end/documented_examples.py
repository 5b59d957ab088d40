"""The code blocks of README.md and docs/, and which of them cannot be run in a test."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LANGUAGES = frozenset({"bash", "python"})
# What a block begins with that a test cannot run, and why.
NOT_RUN = {
    "export JOBAI_API_KEY": "sets what the test sets",
    "scripts/": "installs or starts a server of its own; tested by hand in a fresh clone",
    "docker ": "needs a Docker engine",
    "sudo ": "changes the machine",
    "./setup.sh": "changes the machine; tests/deployment has it with stand-ins",
    "git clone": "needs the network",
}


@dataclass(frozen=True)
class Example:
    """One code block.

    Attributes:
        place: File and line.
        file: The file's name.
    """

    place: str
    file: str
    language: str
    code: str

    @property
    def reason_not_run(self) -> str | None:
        return next((reason for start, reason in NOT_RUN.items() if self.code.startswith(start)), None)


def examples() -> list[Example]:
    """Every block in a language that can be run, in order."""
    found = []
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        text = path.read_text()
        for block in FENCE.finditer(text):
            if block[1] in LANGUAGES:
                line = text.count("\n", 0, block.start()) + 1
                found.append(Example(f"{path.name}:{line}", path.name, block[1], block[2]))
    return found
