"""Names that can be read are taken as they are, in every script; those that show nothing or hide something are not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hireloop.scheduling.names import is_visible, readable


@pytest.mark.parametrize(
    "name",
    [
        *[
            "Asha Rao",
            "O'Brien (Jr.)",
            "Ngũgĩ wa Thiong'o",
            "Jürgen",
            "Ju\u0308rgen",
            "ß",
            "李",
            "佐藤 一郎",
            "محمد علی",
        ],
        *[
            "श्री\u200dमती",
            "می\u200cخواهم",  # noqa: RUF001 (Persian)
            "רות\u200f (Ruth)",
            "👩\u200d💻 Asha",
            "❤\ufe0f Bakery",
            "C++",
            "1&1",
            "R&D",
        ],
        *[
            "A",
            ".",
            "Anne\u2010Marie",
            "Asha\u00a0Rao",
            "മോഹന്\u200d",
            "\U0001f3f4\U000e0067\U000e0062\U000e007f Pub",
            "한글",
            "葛\U000e0100城",  # the shape of the first character that this family writes (Unicode IVD)
            "辻\U000e0101 一郎",
            "ประยุทธ์",
        ],
    ],
)
def test_a_name_in_any_script_is_taken_as_it_is(name: str) -> None:
    assert readable(name) == name


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("\u2800", "must contain a visible character, but has only U+2800 BRAILLE PATTERN BLANK"),
        ("\u3164\u3164", "must contain a visible character, but has only U+3164 HANGUL FILLER"),
        ("\uffa0 \u115f", "must contain a visible character"),
        ("\u200d", "must contain a visible character"),
        ("\u202e", "must contain a visible character"),
        ("\u200b", "must contain a visible character, but has only U+200B ZERO WIDTH SPACE"),
        ("\u0301", "must contain a visible character"),
        ("Asha\U000e0100", "U+E0100 VARIATION SELECTOR-17. Remove it"),
        ("As\u200bha", "U+200B ZERO WIDTH SPACE. Remove it"),
        ("\ufeffAsha", "U+FEFF ZERO WIDTH NO-BREAK SPACE"),
        ("As\u00adha", "U+00AD SOFT HYPHEN"),
        ("Asha\U000e0041", "U+E0041 TAG LATIN CAPITAL LETTER A"),
        ("Asha\u200d", "U+200D ZERO WIDTH JOINER"),
        ("\u200cAsha", "U+200C ZERO WIDTH NON-JOINER"),
    ],
)
def test_a_name_that_shows_nothing_or_hides_something_is_refused(name: str, said: str) -> None:
    with pytest.raises(ValueError, match="must") as refused:
        readable(name)
    assert said in str(refused.value)


@given(st.text(max_size=20))
def test_a_name_that_is_taken_shows_something(name: str) -> None:
    try:
        assert readable(name) == name
    except ValueError:
        return
    assert any(is_visible(character) for character in name) or name.isascii()
