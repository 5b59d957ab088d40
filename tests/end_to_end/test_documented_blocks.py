"""Every code block of README.md and docs/ is run by a test or has a reason not to be; those that need no server are."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.end_to_end.documented_examples import NOT_RUN, ROOT, RUN, SHOWN, Example, examples

from jobai_server.settings import load_settings


@pytest.mark.parametrize("language", sorted(RUN))
def test_there_are_blocks_of_every_language_that_is_run(language: str) -> None:
    assert examples(language)


def test_no_block_is_in_another_language() -> None:
    assert {one.language for one in examples()} - RUN == set(SHOWN)


@pytest.mark.parametrize("start", NOT_RUN)
def test_every_reason_not_to_run_a_block_is_of_a_block_there_is(start: str) -> None:
    assert any(one.starts_with(start) for one in examples() if one.language in RUN)


@pytest.mark.parametrize("example", examples("console"), ids=lambda example: example.place)
def test_console_example_prints_what_is_shown(example: Example) -> None:
    """A console whose commands are not shown with all they print is in the wrong language: bash."""
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    for command, printed in example.commands:
        done = subprocess.run(
            ["bash", "-c", command], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120
        )
        assert (done.returncode, done.stdout) == (0, printed), done.stderr


@pytest.mark.parametrize("example", examples("yaml"), ids=lambda example: example.place)
def test_model_config_is_accepted(example: Example, tmp_path: Path) -> None:
    path = tmp_path / "models.yaml"
    path.write_text(example.code)
    settings = load_settings(config_file=path)
    assert settings.models.primary_model
    assert settings.warnings == ()
