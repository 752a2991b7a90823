"""Which mail addresses are taken, and that one mailbox has one spelling. No name is looked up."""

import re
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hireloop.mail_addresses import Sender, normal, sender_of, sought

LOCAL_PARTS = st.from_regex(r"[a-zA-Z0-9ßäж!#$%&'*+/=^_`{|}~-]{1,12}(\.[a-zä0-9]{1,8})?", fullmatch=True)
LABELS = st.from_regex(r"[a-z0-9äжé]([a-z0-9éж]{0,10}[a-z0-9])?", fullmatch=True)
TOP_LABELS = LABELS.filter(lambda label: not label.isdigit())
ADDRESSES = st.tuples(LOCAL_PARTS, LABELS, TOP_LABELS).map(lambda parts: f"{parts[0]}@{parts[1]}.{parts[2]}")
FORBIDDEN = st.sampled_from([*' \t\r\n\x0b\x0c\x00\u2028\u00a0\u200b\ufeff\u202e<>"(),;:\\@[]'])


def is_address(text: str) -> bool:
    try:
        return bool(normal(text))
    except ValueError:
        return False


@pytest.fixture(autouse=True)
def _nothing_is_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError("the network was touched")

    monkeypatch.setattr(socket, "socket", forbidden)
    monkeypatch.setattr(socket, "getaddrinfo", forbidden)


@given(ADDRESSES)
def test_an_address_is_an_address(address: str) -> None:
    assert is_address(address)


@given(ADDRESSES, FORBIDDEN, st.integers(0, 60))
def test_no_address_holds_a_character_that_could_end_it_or_hide(address: str, character: str, place: int) -> None:
    place = min(place, len(address))
    assert not is_address(address[:place] + character + address[place:])


@given(st.text(max_size=40) | ADDRESSES)
def test_what_is_taken_is_one_word_around_one_at_and_has_one_spelling(text: str) -> None:
    if is_address(text):
        assert re.fullmatch(r"[^\s@]+@[^\s@]+", text)
        assert normal(normal(text)) == normal(text) == sought(text)
    else:
        assert sought(text) == text


@given(LOCAL_PARTS, LABELS)
def test_a_domain_in_another_script_and_its_ascii_form_are_one(local: str, label: str) -> None:
    in_ascii = label.encode("idna").decode() if label.isascii() else f"xn--{label.encode('punycode').decode()}"
    assert normal(f"{local}@{in_ascii}.example") == normal(f"{local}@{label.upper()}.EXAMPLE")


@pytest.mark.parametrize(
    ("text", "spelt"),
    [
        ("asha@example.com", "asha@example.com"),
        ("Asha@Example.COM", "Asha@example.com"),
        ("o'brien+x@example.co.in", "o'brien+x@example.co.in"),
        ("dup@bücher.example", "dup@bücher.example"),
        ("dup@xn--bcher-kva.example", "dup@bücher.example"),
        ("dup@bu\u0308cher.example", "dup@bücher.example"),
        ("ju\u0308rgen@example.com", "jürgen@example.com"),
        ("a@faß.de", "a@faß.de"),  # not fass.de, which is somebody else's
        ("a@example。com", "a@example.com"),
        ("rejected@simulated.test", "rejected@simulated.test"),
        ("a@localhost", "a@localhost"),
        ("a@mail.office.local", "a@mail.office.local"),
        ("a@mx", "a@mx"),
        (f"{'a' * 64}@example.com", f"{'a' * 64}@example.com"),
        ("İlker@example.com", "İlker@example.com"),  # no i: small letters are for comparison
        ("佐藤@example.com", "佐藤@example.com"),
        ("आशा@example.com", "आशा@example.com"),
        ("a@\uff45xample.com", "a@example.com"),
        ("a@7.example", "a@7.example"),
    ],
)
def test_an_address_has_one_spelling(text: str, spelt: str) -> None:
    assert normal(text) == spelt


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("asha", "must have an @-sign"),
        ("", "must have an @-sign"),
        ("@example.com", "something before the @-sign"),
        ("asha@", "something after the @-sign"),
        ("as\u200bha@example.com", "the invisible character U+200B ZERO WIDTH SPACE. Remove it."),
        ("asha\ufe0f@example.com", "U+FE0F VARIATION SELECTOR-16"),
        ("asha\u3164@example.com", "U+3164 HANGUL FILLER"),
        ("asha\u2800@example.com", "U+2800 BRAILLE PATTERN BLANK"),
        ("as\u034fha@example.com", "U+034F COMBINING GRAPHEME JOINER"),
        ("as\U000e0061ha@example.com", "U+E0061 TAG LATIN SMALL LETTER A"),
        ("asha@exam\u2066ple.com", "U+2066 LEFT-TO-RIGHT ISOLATE"),
        ("asha@\u200cexample.com", "U+200C ZERO WIDTH NON-JOINER"),
        ("\uff41sha@example.com", "U+FF41 FULLWIDTH LATIN SMALL LETTER A. Write a instead."),
        ("\U0001d41asha@example.com", "Write a instead"),
        ("\ufb01n@example.com", "Write fi instead"),
        ("a@127.0.0.1", "a number or an IP address"),
        ("a@1", "a number or an IP address"),
        ("a@mail.123", "a number or an IP address"),
        ("a@\uff11\uff12\uff17.0.0.1", "a number or an IP address"),
        (f"{'a' * 65}@example.com", "has 65 bytes, more than 64"),
        (f"{'é' * 33}@example.com", "has 66 bytes, more than 64"),
        ("a@under_score.example", "'_'"),
        ("a@-x.example", "hyphen"),
        ("a@xn--a.example", "not valid IDNA"),
        ("a@xn--n3h.example", "U+2603"),
        ("a@\u05d01b.example", "right-to-left"),
        (".a@example.com", "start with a period"),
        ("a.@example.com", "immediately before the @-sign"),
        ("a(comment)@example.com", "'('"),
        ("\ufeffasha@example.com", "ZERO WIDTH NO-BREAK SPACE"),
        ("asha@exam\u00adple.com", "U+00AD SOFT HYPHEN"),
        ("as\u202eha@example.com", "RIGHT-TO-LEFT OVERRIDE"),
        (f"x@{'a' * 64}", "periods cannot be separated by so many characters"),
        ("u@😀.example", "U+1F600"),
        ("a..b@x.example", "two periods in a row"),
        ("a@x..example", "two periods in a row"),
        ("a@x.example.", "cannot end with a period"),
        ("=?utf-8?q?asha?=@example.com", "Decode it"),
        ("=?UTF-8?B?YXNoYQ==?=@example.com", "Decode it"),
        ("a@[127.0.0.1]", "bracketed IP address"),
        ("a@[IPv6:::1]", "bracketed IP address"),
        ('"a b"@example.com', "Quoting"),
        ("Asha <asha@example.com>", "display name"),
        ("a@example.com,b@example.com", "','"),
        ("asha\uff20example.com", "full-width"),
        ("a@nowhere.invalid", "special-use"),
        (f"{'a' * 250}@example.com", "too long"),
    ],
)
def test_a_refusal_says_what_is_wrong_and_how_to_write_it(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=re.escape(reason)) as refused:
        normal(text)
    assert str(refused.value).startswith("must be an email address, such as name@example.com. ")


def test_a_refusal_is_short_whatever_was_typed() -> None:
    with pytest.raises(ValueError, match=r"…$") as refused:
        normal("".join(map(chr, range(0xE000, 0xE0F0))) + "@example.com")
    assert len(str(refused.value)) < 300


@pytest.mark.parametrize(
    ("text", "sender"),
    [
        ("interviews@hire.example", Sender("", "interviews@hire.example")),
        ("<interviews@hire.example>", Sender("", "interviews@hire.example")),
        (" HireLoop < interviews@hire.example > ", Sender("HireLoop", "interviews@hire.example")),
        ("HireLoop <interviews@hire.example>", Sender("HireLoop", "interviews@hire.example")),
        ("HireLoop, Inc. <interviews@hire.example>", Sender("HireLoop, Inc.", "interviews@hire.example")),
        ('"HireLoop, Inc." <interviews@hire.example>', Sender("HireLoop, Inc.", "interviews@hire.example")),
        (r'"The \"Loop\"" <interviews@hire.example>', Sender('The "Loop"', "interviews@hire.example")),
        ("a@b.example <interviews@hire.example>", Sender("a@b.example", "interviews@hire.example")),
        ('"A < B" <interviews@hire.example>', Sender("A < B", "interviews@hire.example")),
        ("Bücher <a@bücher.example>", Sender("Bücher", "a@xn--bcher-kva.example")),
        ("=?utf-8?b?QsO8Y2hlcg==?= <a@b.example>", Sender("Bücher", "a@b.example")),
        ("=?utf-8?q?B=C3=BCcher?= =?utf-8?q?, Inc.?= <a@b.example>", Sender("Bücher, Inc.", "a@b.example")),
        ("Acme: Interviews <a@b.example>", Sender("Acme: Interviews", "a@b.example")),
        ('"Acme <HR>, Inc." <a@b.example>', Sender("Acme <HR>, Inc.", "a@b.example")),
    ],
)
def test_a_sender_is_a_name_and_an_address_in_ascii(text: str, sender: Sender) -> None:
    assert sender_of(text) == sender


@pytest.mark.parametrize(
    "text",
    [
        *["a@b.example, c@d.example", "a@b.example;c@d.example", "A <a@b.example>, B <c@d.example>"],
        *[
            '"A" <a@b.example>, "B" <c@d.example>',
            "a@b.example, HireLoop <c@d.example>",
            "G: a@b.example, c@d.example;",
        ],
    ],
)
def test_of_two_senders_it_is_said_that_they_are_two(text: str) -> None:
    with pytest.raises(ValueError, match=r"It contains more than one address\. Name one\.$"):
        sender_of(text)


@pytest.mark.parametrize(
    "text",
    [
        *["", "HireLoop", "HireLoop <>", "HireLoop <a@b.example", "a@b.example>", "HireLoop <a@b.example> or so"],
        *["<a@b.example>, <c@d.example>", "a@b.example, c@d.example", "HireLoop a@b.example", "jürgen@hire.example"],
        *["a@b.example, HireLoop <c@d.example>", '"A" <a@b.example>, "B" <c@d.example>', "a@b.example; <c@d.example>"],
        *["Team: a@b.example, c@d.example;", "Team: <a@b.example>;", "Undisclosed:;", "a@b.example (HireLoop)"],
        *["=?utf-8?b?YQ0KQmNjOiB4QHk=?= <a@b.example>", "=?utf-9?b?YQ==?= <a@b.example>"],
        "=?utf-8?b?/w==?= <a@b.example>",
    ],
)
def test_what_names_no_one_sender_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^must be an email address, such as name@example\.com\. "):
        sender_of(text)
