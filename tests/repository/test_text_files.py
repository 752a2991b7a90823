"""Every file of the repository is written as .editorconfig says."""

from collections.abc import Iterator, Mapping

import pytest
from editorconfig import get_properties

from repository.files import ROOT, needs_git, repository_files

pytestmark = needs_git


def faults(content: bytes, rules: Mapping[str, str]) -> Iterator[str]:
    """Yield what in a file is not as its rules say."""
    if rules.get("charset") == "utf-8":
        try:
            content.decode("utf-8")
        except UnicodeDecodeError:
            yield "is not UTF-8"
        if content.startswith(b"\xef\xbb\xbf"):
            yield "has a byte order mark"
    if rules.get("end_of_line") == "lf" and b"\r" in content:
        yield "has line ends other than LF"
    ends = content.endswith((b"\n", b"\r"))
    if content and rules.get("insert_final_newline") == "true" and (not ends or content.endswith(b"\n\n")):
        yield "does not end with one line end"
    lines = content.splitlines()
    if rules.get("trim_trailing_whitespace") == "true" and any(line != line.rstrip(b" \t") for line in lines):
        yield "has spaces at the end of a line"
    if rules.get("indent_style") == "space" and any(line.startswith(b"\t") for line in lines):
        yield "is indented with tabs"


def test_every_file_is_written_as_the_editorconfig_says() -> None:
    found = [
        f"{path.relative_to(ROOT)} {fault}"
        for path in repository_files()
        for fault in faults(path.read_bytes(), get_properties(str(path)))
    ]
    assert found == []


@pytest.mark.parametrize(
    ("content", "rules", "fault"),
    [
        (b"\xff\n", {"charset": "utf-8"}, "is not UTF-8"),
        (b"\xef\xbb\xbfa\n", {"charset": "utf-8"}, "has a byte order mark"),
        (b"a\r\nb\n", {"end_of_line": "lf"}, "has line ends other than LF"),
        (b"a", {"insert_final_newline": "true"}, "does not end with one line end"),
        (b"a\n\n", {"insert_final_newline": "true"}, "does not end with one line end"),
        (b"a \nb\n", {"trim_trailing_whitespace": "true"}, "has spaces at the end of a line"),
        (b"a\n\tb\n", {"indent_style": "space"}, "is indented with tabs"),
    ],
)
def test_a_file_that_is_written_otherwise_is_found(content: bytes, rules: dict[str, str], fault: str) -> None:
    assert list(faults(content, rules)) == [fault]
    assert list(faults(content, dict.fromkeys(rules, "unset"))) == []
