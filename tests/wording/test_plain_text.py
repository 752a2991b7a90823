"""Whatever somebody types in, a value is one line and turns nothing around it."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hireloop.wording.plain_text import counted, isolated, lines, one_line

TURNING = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c"
HOSTILE = st.text(
    st.one_of(st.characters(codec="utf-8"), st.sampled_from("\r\n\t\x00\x0b\x1b\x85\u2028אم" + TURNING)), max_size=300
)


def test_one_thing_is_counted_in_the_singular() -> None:
    assert [counted(count, "delivery", "deliveries") for count in range(3)] == [
        "0 deliveries",
        "1 delivery",
        "2 deliveries",
    ]


@given(HOSTILE)
def test_one_line_is_one_line_without_controls_or_turns(value: str) -> None:
    line = one_line(value)
    assert line == line.strip()
    assert line.splitlines() in ([], [line])
    assert not {unicodedata.category(letter) for letter in line} & {"Cc", "Cs", "Zl", "Zp"}
    assert not set(line) & set(TURNING)
    assert one_line(line) == line


@given(HOSTILE)
def test_each_of_several_lines_is_one_line(value: str) -> None:
    assert all(one_line(line) == line for line in lines(value))


def test_names_keep_their_joiners() -> None:
    assert one_line("क्\u200dष 👩\u200d💻") == "क्\u200dष 👩\u200d💻"


@pytest.mark.parametrize("unseen", "\u200b\u2060\ufeff\u00ad\u3164\u115f\u180e\u034f\u2063\ufff9\U000e0041")
def test_what_nobody_sees_is_dropped(unseen: str) -> None:
    assert one_line(f"A{unseen}sha{unseen} Rao{unseen}") == "Asha Rao"


@given(HOSTILE)
def test_a_value_in_plain_text_is_isolated_if_any_of_it_is_written_from_right_to_left(value: str) -> None:
    clean = one_line(value)
    turns = any(unicodedata.bidirectional(letter) in {"R", "AL", "AN"} for letter in clean)
    assert isolated({"name": clean}) == {"name": f"\u2068{clean}\u2069" if turns else clean}


def test_values_that_are_no_texts_stay_as_they_are() -> None:
    assert isolated({"notes": ["שלום"], "others": 3}) == {"notes": ["שלום"], "others": 3}
