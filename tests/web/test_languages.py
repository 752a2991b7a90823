"""A page is in the first language that its reader has chosen, or the browser asks for, and that there are words in."""

import pytest

from hireloop.web.languages import wanted


@pytest.mark.parametrize(
    ("header", "names"),
    [
        ("", []),
        ("de", ["de"]),
        ("de-AT,de;q=0.9,en;q=0.8", ["de-AT", "de", "en"]),
        ("en;q=0.2, hi;q=0.9", ["hi", "en"]),
        ("*", []),
        ("fr;q=0, de;q=0.5", ["de"]),
        ("de;q=many, hi", ["hi"]),
        ("de;level=1, hi", ["hi"]),
        ("de;q=nan, hi;q=1", ["hi"]),
        (";;;,,,", []),
        ("en," * 5_000, ["en"] * 20),
    ],
)
def test_what_is_wanted_most_comes_first(header: str, names: list[str]) -> None:
    assert list(wanted(header)) == names
