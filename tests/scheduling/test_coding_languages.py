"""A coding language by any of its names is one, and what no editor knows is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hireloop.scheduling.coding_languages import NAMES, name_of


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("python", "python"),
        ("Python", "python"),
        (" PYTHON 3.12 ", "python"),
        ("Python3", "python"),
        ("JS", "javascript"),
        ("Node.js", "javascript"),
        ("ES6", "javascript"),
        ("TypeScript", "typescript"),
        ("golang", "go"),
        ("C#", "csharp"),
        ("C++", "cpp"),
        ("C++17", "cpp"),
        ("c++ 20", "cpp"),
        ("C", "c"),
        ("C99", "c"),
        ("F#", "fsharp"),
        (".NET", "csharp"),
        ("Objective-C", "objective-c"),
        ("objective c", "objective-c"),
        ("Java 21", "java"),
        ("T-SQL", "sql"),
        ("PostgreSQL", "sql"),
        ("VB.NET", "vbnet"),
        ("Perl 6", "raku"),
        ("shell script", "bash"),
        ("R", "r"),
        ("ABAP", "abap"),
        ("CUDA C++", "cuda"),
        ("Assembly language", "assembly"),
        ("PL/pgSQL", "sql"),
        (".NET Core", "csharp"),
        ("Java SE 17", "java"),
        ("Fortran 77", "fortran"),
        ("C\uff03", "csharp"),  # as Japanese keyboards write it
        ("C\uff0b\uff0b", "cpp"),
        ("\uff30\uff59\uff54\uff48\uff4f\uff4e", "python"),
        ("any", "any"),
        ("", ""),
        (" ", ""),
        ("none", ""),
        ("N/A", ""),
    ],
)
def test_a_language_has_one_name(text: str, name: str) -> None:
    assert name_of(text) == name == name_of(name)


@pytest.mark.parametrize(
    "text", ["klingon", "python, go", "Python or Go", "7", "3.12", "c+", "##", "english", "<b>python</b>", "x" * 2000]
)
def test_what_is_no_language_is_refused_with_those_that_are(text: str) -> None:
    with pytest.raises(ValueError, match=r"^must be one coding language, or empty\. Known are any, abap, ") as refused:
        name_of(text)
    assert all(name in str(refused.value) for name in NAMES)


@given(st.sampled_from(NAMES))
def test_the_names_are_their_own(name: str) -> None:
    assert name_of(name) == name_of(name.upper()) == name_of(f" {name} ") == name


@given(st.text(max_size=20))
def test_any_text_is_a_name_or_refused(text: str) -> None:
    try:
        assert name_of(text) in {"", *NAMES}
    except ValueError:
        assert text.strip()
