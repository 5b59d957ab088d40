"""scripts/serve with stand-ins for what it runs."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tests.deployment.paths import ROOT


def test_programs_that_engines_run_are_found(tmp_path: Path) -> None:
    programs = {"scripts/install": "#!/bin/sh\n", ".venv/bin/jobai-server": '#!/bin/sh\necho "$PATH" "$@"\n'}
    for name, text in programs.items():
        program = tmp_path / name
        program.parent.mkdir(parents=True)
        program.write_text(text)
        program.chmod(0o755)
    shutil.copy(ROOT / "scripts" / "serve", tmp_path / "scripts")
    command = [str(tmp_path / "scripts" / "serve"), "--port", "1"]
    done = subprocess.run(command, env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True)
    assert done.stdout == f"{tmp_path}/.venv/bin:/usr/bin:/bin serve --port 1\n"
