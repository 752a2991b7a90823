"""The notes of a release are the changelog's, and a tag that does not fit is refused."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from release.notes import as_notes, check_tag, section

from release import ROOT, ReleaseError, version

CHANGELOG = """# Changelog

## [Unreleased]

## [1.1.0] - 2026-12-31

### Added

- Book an interview, and the seat, the schedule
  and the invitation are written.
- See [settings](docs/settings.md#mail).

## [1.0.0] - 2026-11-30

- The first one.

## [0.9.0]

- Without a date.

## [0.8.0] - soon

## [0.7.0] - 2026-01-02
"""


def test_the_notes_are_the_section_of_the_version_and_nothing_of_its_neighbours() -> None:
    assert section(CHANGELOG, "1.0.0") == "- The first one."
    assert section(CHANGELOG, "1.1.0").startswith("### Added\n\n- Book")
    assert section(CHANGELOG, "1.1.0").endswith("(docs/settings.md#mail).")


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        ("2.0.0", r"no section \[2\.0\.0\]"),
        ("0.9.0", "no date for 0.9.0"),
        ("0.8.0", "no date for 0.8.0"),
        ("0.7.0", "says nothing of 0.7.0"),
        ("Unreleased", "no date for Unreleased"),
    ],
)
def test_a_version_that_the_changelog_does_not_have_is_no_release(wanted: str, sentence: str) -> None:
    with pytest.raises(ReleaseError, match=sentence):
        section(CHANGELOG, wanted)


@pytest.mark.parametrize("tag", ["1.2.3", "v1.2", "v1.2.3-rc1", "v1.2.4", "", "V1.2.3", "v1.2.3 "])
def test_a_tag_that_is_not_the_version_is_refused_with_the_one_that_is(tag: str) -> None:
    with pytest.raises(ReleaseError, match=r"its tag would be v1\.2\.3"):
        check_tag(tag, "1.2.3")


def test_the_tag_of_the_version_is_taken() -> None:
    check_tag("v1.2.3", "1.2.3")


def test_a_sentence_over_two_lines_is_one_line_of_the_notes() -> None:
    notes = as_notes(section(CHANGELOG, "1.1.0"))
    assert "- Book an interview, and the seat, the schedule and the invitation are written.\n- See" in notes
    assert notes.startswith("### Added\n\n- Book")


def test_code_and_tables_keep_their_lines() -> None:
    text = "Run\n\n```sh\nmake run\nmake test\n```\n\n| a |\n| - |\n| b |\n\n1. one\n2. two\n"
    assert as_notes(text) == text


def test_a_path_becomes_an_address_of_the_tagged_files_and_other_links_stay() -> None:
    text = "[a](docs/a.md) [b](https://example.com/) [c](#here)"
    there = "https://git.example/hireloop/blob/v1.1.0/"
    assert as_notes(text, there) == f"[a]({there}docs/a.md) [b](https://example.com/) [c](#here)\n"
    assert as_notes(text) == text + "\n"


def test_the_command_refuses_another_tag_with_one_sentence_and_writes_nothing(tmp_path: Path) -> None:
    into = tmp_path / "NOTES.md"
    ran = subprocess.run(
        [sys.executable, "-m", "release.notes", "v99.0.0", into], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 1
    said = f"The tag is 'v99.0.0', and pyproject.toml has version {version()}: its tag would be v{version()}."
    assert ran.stderr == f"No release. {said}\n"
    assert not into.exists()


def test_the_changelog_has_the_notes_of_the_version_and_room_for_the_next_one() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert "\n## [Unreleased]\n" in changelog
    assert section(changelog, version())
    dated = re.findall(r"^## \[([\d.]+)\] - \d{4}-\d\d-\d\d$", changelog, re.MULTILINE)
    assert dated[0] == version()
