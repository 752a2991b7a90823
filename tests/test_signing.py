"""One mint and one check, for every kind of signed text alike."""

import ast
import itertools
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hireloop import session_keys, signing
from hireloop.console import tickets
from hireloop.local.mailbox import gate as mailbox_gate
from hireloop.notify.bounces.return_path import ReturnPath
from hireloop.settings import Settings
from hireloop.signing import Purpose
from hireloop.web.csrf import form_token, has_token
from sample_settings import settings_for

SECRET = "the secret of these tests, long enough"
OLD, OTHER = "the secret before it, long enough too", "somebody else's secret, long enough too"
SOMEBODY = UUID("01990000-0000-7000-8000-0000000000a1")
HASH = b"h" * 32
NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
COOKIE = session_keys.mint(SECRET, SOMEBODY, 1)
ANY_CHARACTER = st.characters(exclude_categories=())  # lone surrogates too
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def test_each_purpose_and_each_secret_has_key_material_of_its_own() -> None:
    made = [signing.derive(secret, purpose) for secret in (SECRET, OLD, OTHER) for purpose in Purpose]
    assert len(made) == len(set(made)) == 3 * len(Purpose)


@pytest.mark.parametrize(("one", "other"), [*itertools.permutations(Purpose, 2)])
def test_what_is_minted_for_one_purpose_is_nothing_to_another(one: Purpose, other: Purpose) -> None:
    text = signing.mint(SECRET, one, "1796169600")
    assert signing.check(text, one, [SECRET]) == "1796169600"
    assert signing.check(text, other, [SECRET]) is None


@given(st.text(st.characters(codec="utf-8"), max_size=100))
def test_a_stem_comes_back_as_it_was_signed(stem: str) -> None:
    text = signing.mint(SECRET, Purpose.SESSION_KEY, stem)
    assert signing.check(text, Purpose.SESSION_KEY, [OLD, SECRET]) == stem


def test_the_longest_stem_is_taken() -> None:
    text = signing.mint(SECRET, Purpose.SESSION_KEY, "s" * 100)
    assert signing.check(text, Purpose.SESSION_KEY, [SECRET]) == "s" * 100


@pytest.mark.parametrize("length", [101, 5_000])
def test_a_longer_stem_is_neither_minted_nor_taken_however_genuine(length: int) -> None:
    stem = "s" * length
    with pytest.raises(ValueError, match="100 characters"):
        signing.mint(SECRET, Purpose.SESSION_KEY, stem)
    proof = signing.base64url(signing.mac(SECRET, Purpose.SESSION_KEY, stem.encode()))
    assert signing.check(f"{stem}.{proof}", Purpose.SESSION_KEY, [SECRET]) is None


def test_a_text_that_is_bound_to_something_takes_it_to_check() -> None:
    bound = signing.mint(SECRET, Purpose.CONSOLE_TICKET, "stem", bound_to=HASH)
    assert signing.check(bound, Purpose.CONSOLE_TICKET, [SECRET], bound_to=HASH) == "stem"
    for other in (None, b"", b"x" * 32, HASH[:-1]):
        assert signing.check(bound, Purpose.CONSOLE_TICKET, [SECRET], bound_to=other) is None
    unbound = signing.mint(SECRET, Purpose.CONSOLE_TICKET, "stem")
    assert signing.check(unbound, Purpose.CONSOLE_TICKET, [SECRET], bound_to=HASH) is None


def test_a_text_is_compared_with_every_one_wherever_it_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[bytes] = []

    def compare(one: bytes, other: bytes) -> bool:
        compared.append(one)
        return one == other

    monkeypatch.setattr("hireloop.signing.hmac.compare_digest", compare)
    for text, found in (("a", True), ("b", True), ("c", True), ("d", False)):
        compared.clear()
        assert signing.is_one_of(text, ["a", "b", "c"]) is found
        assert compared == [b"a", b"b", b"c"]


# --- Every kind of signed text ---------------------------------------------------------------------------------


class Kind(NamedTuple):
    """How the application makes a text of one kind under a secret, and whether it takes one, given its secrets."""

    mint: Callable[[str], str]
    takes: Callable[[str, Sequence[str]], bool]
    is_searched_for: bool = False  # in whatever a mail has become on its way: other text around it, any case


def settings_with(secret: str) -> Settings:
    return settings_for("postgresql://nowhere/db", secret_key=secret)


def takes_ticket(text: str, secrets: Sequence[str]) -> bool:
    claim = tickets.parse(text)
    return claim is not None and tickets.is_genuine(text, claim, HASH, secrets, now=NOON)


def mint_tag(secret: str) -> str:
    address = ReturnPath("bounces@hire.example", [secret]).address(SOMEBODY) or ""
    return address.partition("+")[2].partition("@")[0]


KINDS = {
    "session key": Kind(
        lambda secret: session_keys.mint(secret, SOMEBODY, 1),
        lambda text, secrets: session_keys.check(text, secrets) is not None,
    ),
    "console ticket": Kind(lambda secret: tickets.issue(secret, SOMEBODY, HASH, now=NOON), takes_ticket),
    "mailbox ticket": Kind(
        lambda secret: mailbox_gate.ticket_of(settings_with(secret), now=NOON),
        lambda text, secrets: mailbox_gate.is_good(text, Purpose.MAILBOX_TICKET, secrets, now=NOON),
    ),
    "mailbox cookie": Kind(
        lambda secret: mailbox_gate.cookie_of(settings_with(secret), now=NOON),
        lambda text, secrets: mailbox_gate.is_good(text, Purpose.MAILBOX_COOKIE, secrets, now=NOON),
    ),
    "bounce tag": Kind(
        mint_tag, lambda text, secrets: [*ReturnPath("", secrets).deliveries(text)] == [SOMEBODY], is_searched_for=True
    ),
}
# Under the cookie's own value: what SECRET_KEY is, is nothing to it.
FORM_TOKEN = Kind(lambda _: form_token(COOKIE), lambda text, _: has_token({"token": text}, COOKIE))
ALL_KINDS = {**KINDS, "form token": FORM_TOKEN}
TEXTS = {name: kind.mint(SECRET) for name, kind in ALL_KINDS.items()}
EVERY_KIND = pytest.mark.parametrize("name", ALL_KINDS)


@pytest.mark.parametrize(("one", "other"), [*itertools.product(ALL_KINDS, repeat=2)])
def test_a_text_of_one_kind_is_never_taken_for_another(one: str, other: str) -> None:
    assert ALL_KINDS[other].takes(TEXTS[one], [SECRET]) is (one == other)


@pytest.mark.parametrize("name", KINDS)
def test_a_text_from_before_the_secret_was_changed_is_taken_as_long_as_that_is_kept(name: str) -> None:
    mint, takes, _ = KINDS[name]
    before = mint(OLD)
    assert takes(before, [SECRET, OLD])
    assert takes(before, [SECRET, OTHER, OLD])
    assert not takes(before, [SECRET])
    assert not takes(before, [])
    assert takes(mint(SECRET), [SECRET, OLD])


@EVERY_KIND
def test_no_letter_anywhere_can_be_another(name: str) -> None:
    text, kind = TEXTS[name], ALL_KINDS[name]
    for place, letter in itertools.product(range(len(text)), f"{ALPHABET}.=+/ "):
        altered = text[:place] + letter + text[place + 1 :]
        assert kind.takes(altered, [SECRET]) is same(altered, text, kind), (place, letter)


@EVERY_KIND
@given(place=st.integers(0, 200), character=ANY_CHARACTER)
def test_no_character_anywhere_can_be_another(name: str, place: int, character: str) -> None:
    text, kind = TEXTS[name], ALL_KINDS[name]
    place %= len(text)
    altered = text[:place] + character + text[place + 1 :]
    assert kind.takes(altered, [SECRET]) is same(altered, text, kind)


@EVERY_KIND
@given(cut=st.integers(0, 200), more=st.text(ANY_CHARACTER, min_size=1, max_size=3))
def test_no_part_of_a_text_is_taken_and_none_with_something_inside(name: str, cut: int, more: str) -> None:
    text, kind = TEXTS[name], ALL_KINDS[name]
    cut %= len(text) - 1
    assert not kind.takes(text[:cut], [SECRET])
    assert not kind.takes(text[cut + 1 :], [SECRET])
    grown = text[: cut + 1] + more + text[cut + 1 :]
    assert not kind.takes(grown, [SECRET]) or (kind.is_searched_for and text in grown.lower())


def same(altered: str, text: str, kind: Kind) -> bool:
    return altered == text or (kind.is_searched_for and altered.isascii() and altered.lower() == text)


@EVERY_KIND
@pytest.mark.parametrize("more", ["\ud800", "\u200b", "\x00", "\n", " ", "=", "."])
def test_nothing_can_stand_inside_before_or_behind(name: str, more: str) -> None:
    text, kind = TEXTS[name], ALL_KINDS[name]
    for place in range(len(text) + 1):
        altered = text[:place] + more + text[place:]
        assert kind.takes(altered, [SECRET]) is (kind.is_searched_for and place in {0, len(text)}), place


@EVERY_KIND
@given(
    garbage=st.text(ANY_CHARACTER, max_size=300)
    | st.from_regex(r"[\w-]{0,30}(\.\d{1,20})?\.[\w-]{0,60}", fullmatch=True)
)
def test_garbage_is_refused_and_raises_nothing(name: str, garbage: str) -> None:
    assert not ALL_KINDS[name].takes(garbage, [SECRET, OLD])


@EVERY_KIND
@pytest.mark.parametrize("start", ["", ".", "..", "\x00", "é.1.é", "\ud800.1.\udfff", "٣.x", "a" * 22 + ".1."])
@pytest.mark.parametrize("times", [1, 5_000])
def test_odd_texts_short_and_long_are_refused(name: str, start: str, times: int) -> None:
    kind = ALL_KINDS[name]
    for odd in (start * times, TEXTS[name][:-1] + start * times, "9" * times + start):
        assert not kind.takes(odd, [SECRET, OLD])


# --- Who knows what a MAC is -----------------------------------------------------------------------------------

SOURCE = Path(__file__).parent.parent / "src" / "hireloop"
WITH_HMAC = {
    "signing.py": "every signed text and keyed hash of ours",
    "access/api_keys.py": "an API key is compared with its stored hash: no MAC, and no secret of ours is in it",
    "notify/transports/webhook/signature.py": "signs as Standard Webhooks says, with the receiver's secret",
}


def test_no_other_module_makes_or_compares_a_mac_by_itself() -> None:
    assert {str(file.relative_to(SOURCE)) for file in SOURCE.rglob("*.py") if knows_hmac(file)} == set(WITH_HMAC)


def knows_hmac(file: Path) -> bool:
    """Return whether a module imports `hmac`, or names the comparison that `secrets` has of it too."""
    return any(
        (isinstance(node, ast.Import) and any(name.name == "hmac" for name in node.names))
        or (isinstance(node, ast.ImportFrom) and (node.module == "hmac" or _compares(*(it.name for it in node.names))))
        or (isinstance(node, ast.Attribute) and _compares(node.attr))
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
    )


def _compares(*names: str) -> bool:
    return "compare_digest" in names
