"""The programs under scripts/nano are not installed: put them on the path."""

import sys
from pathlib import Path

SCRIPTS = Path(__file__).parents[2] / "scripts" / "nano"
sys.path.insert(0, str(SCRIPTS))
