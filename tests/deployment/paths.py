"""Where the files of deployment are."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCKERFILES = (ROOT / "Dockerfile.cuda", ROOT / "deploy" / "Dockerfile.cpu")
COMPOSE = ROOT / "docker-compose.yml"
SETUP = ROOT / "setup.sh"
UNIT = ROOT / "deploy" / "systemd" / "jobai-server.service"
SCRIPTS = Path(sys.executable).parent
