"""Write deploy/grafana/dashboards/*.json.

python scripts/grafana/dashboards.py            write them
python scripts/grafana/dashboards.py --check    only say whether they are as they would be written
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from pages import DASHBOARDS

FOLDER = Path(__file__).parents[2] / "deploy/grafana/dashboards"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    stale = 0
    for name, dashboard in DASHBOARDS.items():
        path = FOLDER / f"{name}.json"
        text = json.dumps(dashboard.as_json(), indent=2) + "\n"
        if options.check:
            if path.read_text() != text:
                print(f"{path.name} is not as {Path(__file__).name} would write it")
                stale = 1
        else:
            path.write_text(text)
    return stale


if __name__ == "__main__":
    sys.exit(main())
