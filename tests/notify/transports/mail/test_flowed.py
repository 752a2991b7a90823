"""Plain text of mails: lines of at most 78 columns, from which RFC 3676 gives back the text as it was."""

import unicodedata
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hireloop.notify.messages import KINDS
from hireloop.notify.transports.mail.flowed import columns, flowed
from hireloop.wording.languages import LANGUAGES
from notify.rendering.test_preview import files, parcel
from notify.transports.mail.flowed_text import joined

LINK = "https://hire.example/?session_key=AZOfbnsAcACAAAAAAAAAAg.1.acVuYlufpyqddXvgmQgIDKE_cpotVzmA18QAMTkV7Ek"
WORDS = st.lists(st.text("aé>आश्रै我🎉\u2068א\u2069-", max_size=30), max_size=30)
TEXTS = st.lists(WORDS.map(" ".join) | st.just("From me"), max_size=6).map("\n".join)


@given(TEXTS)
@example(f"Open your interview: {LINK} and more words after it, so that the line is long enough to be broken twice.")
@example("> not a quote\nFrom me\n" + "word " * 40)
def test_a_text_is_read_as_it_was(text: str) -> None:
    words = "\n".join(" ".join(filter(None, line.split(" "))) for line in text.split("\n"))
    written = flowed(words)
    assert joined(written) == words
    for line in written.split("\n"):
        assert columns(line) <= 79 or " " not in line.strip().removeprefix("-- ")  # a stuffed line has one space more
        assert not line.startswith((">", "From "))


@given(st.characters(exclude_categories=["Cc", "Cs", "Cn"]))
@example("\u231a")  # an emoji among older symbols
def test_what_is_counted_as_one_column_has_one(letter: str) -> None:
    """Which letters are looked at one by one is a range, for speed."""
    is_mark = unicodedata.category(letter) in {"Mn", "Me", "Cf"} - ({"Cf"} if letter == "\u00ad" else set())
    assert columns(letter) == (0 if is_mark else 2 if unicodedata.east_asian_width(letter) in "WF" else 1)


@pytest.mark.parametrize("before", range(60, 80))
def test_a_link_is_never_broken_nor_glued_to_what_follows(before: int) -> None:
    written = flowed(f"{'a' * before} {LINK} {'b' * 70}")
    assert written.split("\n") == [f"{'a' * before} ", f"{LINK} ", "b" * 70]


def test_two_hyphens_before_a_link_do_not_begin_a_signature() -> None:
    assert flowed(f"-- {LINK} {'b' * 70}").split("\n") == [f"-- {LINK} ", "b" * 70]


@pytest.mark.parametrize(
    ("text", "wide"),
    [("abc", 3), ("हिन्दी", 5), ("我們", 4), ("ü", 1), ("u\u0308", 1), ("\u2068אב\u2069", 2)],
)
def test_marks_have_no_width_and_ideographs_two_columns(text: str, wide: int) -> None:
    assert columns(text) == wide


def test_a_name_from_right_to_left_stays_in_one_piece() -> None:
    name = "\u2068" + " ".join(["אבגדה"] * 5) + "\u2069"
    written = flowed(f"{'word ' * 12}{name} {'word ' * 15}".strip())
    assert [name in line for line in written.split("\n")] == [False, True, False]


def test_a_longer_one_is_broken_all_the_same() -> None:
    written = flowed("\u2068" + " ".join(["אבגדה"] * 40) + "\u2069")
    assert max(map(columns, written.split("\n"))) <= 78


@pytest.mark.parametrize("language", list(LANGUAGES))
@pytest.mark.parametrize("kind", list(KINDS))
def test_every_mail_is_flowed_and_chat_is_not(kind: str, language: str) -> None:
    mail = message_from_bytes(files(kind, language)["message.eml"], policy=policy.SMTP)
    assert isinstance(mail, EmailMessage)
    plain = mail.get_body(("plain",))
    assert plain is not None
    assert plain["Content-Type"].params == {"charset": "utf-8", "format": "flowed"}
    text = plain.get_content().replace("\r\n", "\n")
    said = parcel(kind, language).text
    assert joined(text) == said
    assert [line for line in text.split("\n") if columns(line) > 78 and "https://" not in line] == []
    assert max(map(len, said.split("\n"))) > 78
