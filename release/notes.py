"""The notes of a release: the changelog's section of its version, if its tag fits.

    python -m release.notes v0.1.0 dist/NOTES.md [--at URL]

The version is kept in pyproject.toml and nowhere else. A tag that is not `v` and this version, and a version that the
changelog does not have with a date, end with a sentence and exit code 1.
"""

import argparse
import re
import sys
from datetime import date
from pathlib import Path

from release import ROOT, ReleaseError, version

_HEADING = re.compile(r"^## \[(?P<version>[^\]]+)\](?: - (?P<date>\S+))?\n", re.MULTILINE)
_BEGINS_A_LINE = re.compile(r"\s*(- |\d+\. |#|\||>|```)")


def check_tag(tag: str, wanted: str) -> None:
    """Raise ReleaseError where the tag is not of this version."""
    if tag != f"v{wanted}":
        raise ReleaseError(f"The tag is {tag!r}, and pyproject.toml has version {wanted}: its tag would be v{wanted}.")


def section(changelog: str, wanted: str) -> str:
    """Return what the changelog says of a version; raises ReleaseError where it has no such section, date or text."""
    found = next((it for it in _HEADING.finditer(changelog) if it["version"] == wanted), None)
    if found is None:
        raise ReleaseError(f"CHANGELOG.md has no section [{wanted}].")
    if not _is_date(found["date"]):
        raise ReleaseError(f"CHANGELOG.md has no date for {wanted}: the heading is `## [{wanted}] - YYYY-MM-DD`.")
    following = re.search(r"^## ", changelog[found.end() :], re.MULTILINE)
    text = changelog[found.end() :][: following.start() if following else None].strip()
    if not text:
        raise ReleaseError(f"CHANGELOG.md says nothing of {wanted}.")
    return text


def _is_date(text: str | None) -> bool:
    try:
        return text is not None and date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def as_notes(text: str, at: str = "") -> str:
    """Return the section as GitHub shows a release: a line end there is a new line, and a path leads nowhere.

    `at` is the address of the tagged files, with a slash at its end; without it, paths stay as they are.
    """
    lines: list[str] = []
    is_code = False
    for line in text.splitlines():
        goes_on = lines and lines[-1].strip() and line.strip() and not is_code and not _BEGINS_A_LINE.match(line)
        if goes_on and not lines[-1].lstrip().startswith(("#", "```")):
            lines[-1] = f"{lines[-1].rstrip()} {line.strip()}"
        else:
            lines.append(line)
        is_code ^= line.lstrip().startswith("```")
    notes = "\n".join(lines) + "\n"
    return re.sub(r"\]\((?![a-z]+:|#)", f"]({at}", notes) if at else notes


def main() -> None:
    """Write the notes of the version, where the tag fits."""
    parser = argparse.ArgumentParser(description="Write the notes of a release, if its tag fits.")
    parser.add_argument("tag")
    parser.add_argument("into", type=Path)
    parser.add_argument("--at", default="", help="the address of the tagged files, with a slash at its end")
    asked = parser.parse_args()
    try:
        check_tag(asked.tag, version())
        notes = as_notes(section((ROOT / "CHANGELOG.md").read_text("utf-8"), version()), asked.at)
    except ReleaseError as error:
        print(f"No release. {error}", file=sys.stderr)
        sys.exit(1)
    asked.into.parent.mkdir(parents=True, exist_ok=True)
    asked.into.write_text(notes, "utf-8")


if __name__ == "__main__":
    main()
