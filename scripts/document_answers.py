"""Renew the JSON that README.md and docs/ show under a curl command, from a server started with its defaults.

    JOBAI_API_KEY=... .venv/bin/python scripts/document_answers.py --base-url http://localhost:8080

Only answers shown in full are renewed: a block of bash that asks /v1/ one thing, and the block of JSON after it.
"""

from __future__ import annotations

import argparse
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]
PRINTED_URL = "http://localhost:8080"
# A request to the API, what is said between the two blocks, and an answer of one line.
SHOWN = re.compile(
    r"^(```bash\n(curl " + re.escape(PRINTED_URL) + r"/v1/[^`|]+)```\n\n(?:[^`\n].*\n\n?)?```json\n)(\{[^\n]*\})\n```$",
    re.MULTILINE,
)


def answer(command: str, base_url: str) -> str:
    """What the server answers to a command of the documents; an answer that is an error ends the program."""
    code = command.replace(PRINTED_URL, base_url)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", f'curl() {{ command curl --silent --fail-with-body "$@"; }}\n{code}'],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--base-url", default=PRINTED_URL, help=f"of the server, without /v1 (default {PRINTED_URL})")
    options = parser.parse_args()
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        text = path.read_text()
        new = SHOWN.sub(lambda found: f"{found[1]}{answer(found[2], options.base_url)}\n```", text)
        if new != text:
            path.write_text(new)
            print(f"renewed: {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
