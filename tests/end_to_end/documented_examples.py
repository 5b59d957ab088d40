"""The code blocks of README.md and docs/: which of them a test runs, and why it does not run the others."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r"^```([^`\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
RUN = frozenset({"bash", "console", "javascript", "python", "yaml"})
# Languages of what is only shown, and what it is.
SHOWN = {"": "what a program prints", "json": "an answer, or a line of the log"}
# What a block begins with that a test cannot run, and why.
NOT_RUN = {
    "export JOBAI_API_KEY": "sets what the test sets",
    "export CONFIG_FILE": "needs a GPU",
    "scripts/": "installs or starts a server of its own; tested by hand in a fresh clone",
    "./setup.sh": "changes the machine; tests/deployment has it with stand-ins",
    "HF_TOKEN=": "changes the machine; tests/deployment has it with stand-ins",
    "docker ": "needs a Docker engine",
    "useradd ": "needs root",
    "systemd-run ": "needs systemd",
    "git clone": "needs the network",
    "git pull": "needs the network and a Docker engine",
    "python scripts/nano/evaluate.py": "takes minutes; tests/nano measures with fewer questions",
    "python scripts/bench/": "takes minutes",
}


@dataclass(frozen=True)
class Example:
    """One code block.

    Attributes:
        place: File and line.
        file: The file's name.
        code: What is in it; of a console both commands and what they print.
    """

    place: str
    file: str
    language: str
    code: str

    @property
    def reason_not_run(self) -> str | None:
        """None where a test runs it."""
        if self.language not in RUN:
            return SHOWN.get(self.language)
        return next((reason for start, reason in NOT_RUN.items() if self.starts_with(start)), None)

    def starts_with(self, start: str) -> bool:
        return self.code.removeprefix("$ ").startswith(start)

    @property
    def commands(self) -> list[tuple[str, str]]:
        """Of a console: each line after a prompt, and what follows up to the next."""
        parts = re.split(r"^\$ ", self.code, flags=re.MULTILINE)
        assert parts[0] == "", f"{self.place} does not begin with a prompt"
        return [(command, printed) for command, _, printed in (part.partition("\n") for part in parts[1:])]


def examples(language: str | None = None) -> list[Example]:
    """Every block in order, or those of one language that can be run."""
    found = []
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        text = path.read_text()
        for block in FENCE.finditer(text):
            line = text.count("\n", 0, block.start()) + 1
            found.append(Example(f"{path.name}:{line}", path.name, block[1], block[2]))
    return [one for one in found if language is None or (one.language == language and one.reason_not_run is None)]
