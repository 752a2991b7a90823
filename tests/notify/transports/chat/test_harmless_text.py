"""What is harmless stays, and nothing else works: whatever a chat service makes of its text."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hireloop.notify.transports.chat.harmless_text import harmless
from notify.transports.chat import readers
from notify.transports.chat.strangers import NAMES, PAYLOADS

OURS = "https://hire.example/console/bookings/0193ae6c-0000-7000-8000-000000000001/"


def test_the_readers_see_what_strangers_try() -> None:
    assert len(set(PAYLOADS)) == len(PAYLOADS) > 300
    missed = [payload for payload in PAYLOADS if not readers.alive(payload, ()) + readers.markdown(payload, ())]
    assert len(missed) < 20, missed  # parts of attacks, and joiners and marks that somebody else's name may need


@pytest.mark.parametrize("payload", PAYLOADS)
def test_what_works_somewhere_is_only_text(payload: str) -> None:
    for text in (
        payload,
        f"Candidate: {payload}",
        f"{payload} at {payload}",
        f"({payload})",
        f"x{payload}, {payload}.",
    ):
        said = harmless(text)
        assert readers.alive(said, ()) == []
        assert readers.markdown(said, ()) == []
        assert harmless(said) == said


@pytest.mark.parametrize("name", NAMES)
def test_a_name_arrives_as_it_was_written(name: str) -> None:
    expected = unicodedata.normalize("NFC", name)
    assert harmless(name) == expected
    assert harmless(f"Candidate: {name}\nPosition: {name} at {name}") == (
        f"Candidate: {expected}\nPosition: {expected} at {expected}"
    )


@given(st.text(st.characters() | st.sampled_from("@<>[]()*_`~#:/.&!|$\\{}=+-\u200b\u202e\u2068\u2069 \n"), max_size=40))
@example("!`")
def test_no_text_works(text: str) -> None:
    said = harmless(text)
    assert readers.alive(said, ()) == []
    assert readers.markdown(said, ()) == []
    assert harmless(said).strip() == said.strip()
    letters = [char for char in unicodedata.normalize("NFC", text) if char.isascii() and char.isalnum()]
    assert [char for char in said if char.isascii() and char.isalnum()] == letters


def test_our_own_link_works_where_it_stands_alone() -> None:
    said = harmless(f"The booking (sign-in required): {OURS}\nTrace: {OURS}", [OURS])
    assert said == f"The booking (sign-in required): {OURS}\nTrace: {OURS}"
    assert harmless(f"(see {OURS}), and", [OURS]) == f"(see {OURS}), and"


@pytest.mark.parametrize("more", [f"{OURS}@evil.example", f"{OURS}../..", f"x{OURS}", f"<{OURS}|x>", f"[x]({OURS})"])
def test_nobody_makes_another_link_of_ours(more: str) -> None:
    assert readers.alive(harmless(more, [OURS]), (OURS,)) == []
    assert OURS not in harmless(more, [OURS])


@pytest.mark.parametrize("right_to_left", ["\u0645\u062d\u0645\u062f", "C++ \u05d3\u05d5\u05d3"])
def test_a_name_from_right_to_left_keeps_its_isolate(right_to_left: str) -> None:
    assert harmless(f"A: \u2068{right_to_left}\u2069, B") == f"A: \u2068{right_to_left}\u2069, B"
    assert harmless(f"\u2068{right_to_left}.com\u2069") == f"\u2068{right_to_left}\u2024com\u2069"


def test_times_and_numbers_stay_as_they_are() -> None:
    for line in ("Tuesday, 1 December 2026, 10:00\u202f\u2013\u202f11:00 IST (UTC+05:30, Asia/Kolkata)", "Python 3.11"):
        assert harmless(line) == line.replace("\u202f", " ")
