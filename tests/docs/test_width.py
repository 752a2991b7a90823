"""Documents are wrapped for a terminal, and for a diff beside another one."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from docs.documents import ROOT

WIDTH = 100
OTHER_WIDTHS = {"CHANGELOG.md": 120}  # its entries are read as the notes of a release, where each is one line
PAGES = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "bench/*.md", "clients/*/*.md", "deploy/*.md", "examples/*/*.md")
    for path in ROOT.glob(pattern)
)


def prose(text: str) -> Iterator[str]:
    """Yield the lines that can be wrapped: those outside code, tables and headings, with a space to break at."""
    without_code = re.sub(r"^( *)```.*?^\1```$", "", text, flags=re.MULTILINE | re.DOTALL)
    for line in without_code.splitlines():
        if re.match(r" *(\||#|!\[)| {4}", line) is None and " " in line.strip():
            yield line


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_document_is_wrapped(page: Path) -> None:
    width = OTHER_WIDTHS.get(page.name, WIDTH)
    assert [line for line in prose(page.read_text("utf-8")) if len(line) > width] == []
