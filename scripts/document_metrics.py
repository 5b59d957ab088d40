"""Write the table of our own metrics in docs/metrics.md from the definitions in the code.

.venv/bin/python scripts/document_metrics.py            write it
.venv/bin/python scripts/document_metrics.py --check    only say whether it is as it would be written
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from jobai_server.observability.gauges import READ
from jobai_server.observability.metrics import COUNTED

DOCUMENT = Path(__file__).parents[1] / "docs/metrics.md"

BEGIN, END = "<!-- ours: written by scripts/document_metrics.py -->\n", "<!-- end -->\n"
HEAD = "| Metric | Type | Labels | What it says |\n|---|---|---|---|\n"


def rows() -> Iterator[str]:
    for metric in COUNTED:
        [family] = metric.describe()
        name = f"{family.name}_total" if family.type == "counter" else family.name
        yield _row(name, family.type, metric._labelnames, family.documentation)
    for definition in READ:
        name = f"{definition.name}_total" if definition.counter else definition.name
        yield _row(name, "counter" if definition.counter else "gauge", definition.labels, definition.documentation)


def _row(name: str, kind: str, labels: tuple[str, ...], documentation: str) -> str:
    return f"| `{name}` | {kind} | {', '.join(f'`{label}`' for label in labels)} | {documentation} |\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    old = DOCUMENT.read_text()
    before, rest = old.split(BEGIN)
    _, after = rest.split(END)
    new = before + BEGIN + HEAD + "".join(sorted(rows())) + END + after
    if not options.check:
        DOCUMENT.write_text(new)
    elif old != new:
        print(f"{DOCUMENT.name} is not as {Path(__file__).name} would write it")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
