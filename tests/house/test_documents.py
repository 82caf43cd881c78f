import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#([^)\s]+))?\)")


def test_the_page_of_commands_is_current():
    ran = subprocess.run(
        [sys.executable, "-B", ROOT / "docs" / "generate.py", "--check"],
        capture_output=True,
        check=False,
    )
    assert (0, b"") == (ran.returncode, ran.stderr)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    for target, _anchor in LINK.findall(page.read_text("utf-8")):
        if "://" not in target and not target.startswith("mailto:"):
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_blocks_of_code_are_closed(page):
    fences = [line for line in page.read_text("utf-8").splitlines() if line.startswith("```")]
    assert 0 == len(fences) % 2
