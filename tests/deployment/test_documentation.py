"""The pages of docs/: every alert has its heading in operations.md, and every link leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from tests.deployment.paths import ROOT

ALERTS = [
    rule["alert"]
    for group in yaml.safe_load((ROOT / "deploy" / "prometheus" / "alerts.yml").read_text())["groups"]
    for rule in group["rules"]
]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
OUTSIDE_CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)


def anchors(page: Path) -> set[str]:
    """What GitHub makes of a page's headings."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_alert_has_a_heading_and_no_heading_is_of_an_alert_that_is_gone() -> None:
    headings = re.findall(r"^### (Jobai\w+)$", (ROOT / "docs" / "operations.md").read_text(), re.MULTILINE)
    assert ALERTS
    assert headings == ALERTS


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files_and_headings_that_exist(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", OUTSIDE_CODE.sub("", page.read_text())):
        if target.startswith("http"):
            continue
        file, _, anchor = target.partition("#")
        path = (page.parent / file) if file else page
        assert path.exists(), f"{page.name}: {target}"
        assert not anchor or anchor in anchors(path), f"{page.name}: {target}"
