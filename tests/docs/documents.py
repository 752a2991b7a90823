"""Pages whose blocks are run: a page's fenced blocks in order, and what they print against what the page shows.

A block is followed by what it prints, in a block `text` or `json`. There `…` stands for whatever else is in a line, and
alone on a line for whatever lines are left out.
"""

import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
SHOWN = {"text", "json"}  # what a block prints; every other language is run
_MARK = "--- the end of block"

# What differs from run to run, and reads as what it is on the page.
_VARIES = (
    (r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}", "<id>"),
    (r"[\w-]{22}\.\d+\.[\w-]{43}", "<session key>"),
    (r"\b[0-9a-f]{32}\b", "<trace>"),
    (r"\b[0-9a-f]{16}\b", "<span>"),
    (r"kept as [\w.]+", "kept as <file>"),
    (r"\d{4}-\d\d-\d\dT(\d\d:\d\d):00(\+\d\d:\d\d)", r"<day>T\1:00\2"),  # a slot's: its clock stays
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+\d\d:\d\d", "<moment>"),
    (r"\w+day, \d+ \w+ \d{4}", "<date>"),
)


class Block(NamedTuple):
    """A fenced block: its language, its lines, and on which line of the page it begins."""

    language: str
    text: str
    line: int


def blocks_of(page: str) -> list[Block]:
    """Return every fenced block of a page, those inside lists without their indentation."""
    text = (ROOT / page).read_text("utf-8")
    found = re.finditer(r"^( *)```(\w*)\n(.*?)^\1```$", text, re.MULTILINE | re.DOTALL)
    return [
        Block(one[2], re.sub(rf"^{one[1]}", "", one[3], flags=re.MULTILINE), text[: one.start()].count("\n") + 1)
        for one in found
    ]


def steps(blocks: Sequence[Block], *languages: str) -> Iterator[tuple[Block, str | None]]:
    """Yield each block of these languages with what the page says that it prints: None where it shows nothing."""
    for here, block in enumerate(blocks):
        if block.language in languages:
            after = blocks[here + 1] if here + 1 < len(blocks) else None
            yield block, after.text if after is not None and after.language in SHOWN else None


def run(program: Sequence[str], blocks: Sequence[str], *, end: str, env: Mapping[str, str], folder: Path) -> list[str]:
    """Run blocks one after the other in one process and return what each printed; `end` prints its argument.

    Raises AssertionError with all that was said where the process fails.
    """
    script = "".join(f"{block}\n{end.format(_MARK)}\n" for block in blocks)
    ran = subprocess.run(
        [*program, script],
        env=dict(env),
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    said = ran.stdout.split(f"{_MARK}\n")
    assert ran.returncode == 0, f"block {len(said)} of {len(blocks)}: {ran.stderr}\n{ran.stdout}"
    assert ran.stderr == ""
    return said[:-1]


def steadied(text: str) -> str:
    """Return a text with what differs from run to run as its kind."""
    for pattern, kind in _VARIES:
        text = re.sub(pattern, kind, text)
    return re.sub(r" +$", "", text, flags=re.MULTILINE).strip()


def assert_shown(shown: str | None, said: str, *, where: str) -> None:
    """Assert that a page shows what a block printed; `…` on the page is anything within a line."""
    expected = steadied(shown or "")
    wanted = re.escape(expected)
    wanted = re.sub(r"(^|(?<=\n))(\\ )*…(?=\\\n|$)", r"[\\s\\S]*?", wanted).replace("…", ".*?")
    assert re.fullmatch(wanted, steadied(said)), f"{where} shows\n{expected}\nand a run says\n{steadied(said)}"
