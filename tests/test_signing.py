"""One mint and one check, and the session keys that are made by them."""

import itertools
from base64 import urlsafe_b64decode
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hireloop import signing
from hireloop.signing import Purpose

SECRET = "the secret of these tests, long enough"
OLD, OTHER = "the secret before it, long enough too", "somebody else's secret, long enough too"
VERSIONS = st.integers(min_value=1, max_value=2**31 - 1)
SECRETS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=64)
HASH = b"h" * 32
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def a_key(version: int = 1) -> str:
    return signing.mint_session_key(SECRET, uuid4(), version)


@given(SECRETS, st.uuids(), VERSIONS)
def test_a_minted_key_checks_and_says_whose_it_is(secret: str, session_id: UUID, version: int) -> None:
    key = signing.mint_session_key(secret, session_id, version)
    assert signing.check_session_key(key, [secret]) == (session_id, version)
    assert key == signing.mint_session_key(secret, session_id, version)  # the same text every time: nothing is stored


@given(st.uuids(), VERSIONS)
def test_a_key_needs_no_escaping_in_a_url(session_id: UUID, version: int) -> None:
    key = signing.mint_session_key(SECRET, session_id, version)
    assert set(key) <= set(ALPHABET) | {"."}
    assert len(key) < 80


@given(st.uuids(), st.integers(0, 68), st.characters(codec="utf-8"))
def test_no_other_character_anywhere_opens_anything(session_id: UUID, place: int, character: str) -> None:
    key = signing.mint_session_key(SECRET, session_id, 1)
    altered = key[:place] + character + key[place + 1 :]
    assert altered == key or signing.check_session_key(altered, [SECRET]) is None


@given(st.uuids(), st.integers(0, 68), st.integers(0, 6))
def test_no_flipped_bit_opens_anything(session_id: UUID, place: int, bit: int) -> None:
    key = signing.mint_session_key(SECRET, session_id, 1)
    place %= len(key)
    altered = key[:place] + chr(ord(key[place]) ^ (1 << bit)) + key[place + 1 :]
    assert signing.check_session_key(altered, [SECRET]) is None


@given(st.uuids(), st.integers(0, 67))
def test_a_truncated_key_opens_nothing(session_id: UUID, length: int) -> None:
    assert signing.check_session_key(signing.mint_session_key(SECRET, session_id, 1)[:length], [SECRET]) is None


@given(st.uuids(), st.text(st.characters(codec="utf-8"), min_size=1, max_size=60))
def test_a_key_with_something_before_or_behind_it_opens_nothing(session_id: UUID, more: str) -> None:
    key = signing.mint_session_key(SECRET, session_id, 1)
    assert signing.check_session_key(key + more, [SECRET]) is None
    assert signing.check_session_key(more + key, [SECRET]) is None


@given(st.text(max_size=120))
def test_any_other_text_opens_nothing_and_raises_nothing(text: str) -> None:
    assert signing.check_session_key(text, [SECRET]) is None


@pytest.mark.parametrize("text", ["", ".", "..", "...", "a.1.b", "\ud800.1.x", "\x00", "é.1.é", "." * 200, "9" * 5000])
def test_odd_texts_open_nothing(text: str) -> None:
    assert signing.check_session_key(text, [SECRET]) is None


def test_other_spellings_of_the_same_bytes_open_nothing() -> None:
    ident, version, mac = a_key().split(".")
    spellings = [f"{ident[:-1]}{last}" for last in ALPHABET if last != ident[-1]]
    same_bytes = [s for s in spellings if urlsafe_b64decode(s + "==") == urlsafe_b64decode(ident + "==")]
    assert same_bytes  # base64url is malleable: this is why a key is checked by minting it again
    for other in (*same_bytes, f"{ident}==", f"{ident[:5]}!{ident[5:]}", f" {ident}"):
        assert signing.check_session_key(f"{other}.{version}.{mac}", [SECRET]) is None
    for other in (f"{mac}=", f"{mac[:5]}\n{mac[5:]}"):
        assert signing.check_session_key(f"{ident}.{version}.{other}", [SECRET]) is None
    for other in ("01", "+1", " 1", "1_0", "10", "2"):
        assert signing.check_session_key(f"{ident}.{other}.{mac}", [SECRET]) is None


def test_the_mac_of_one_key_does_not_open_another() -> None:
    one, other = a_key(), a_key()
    assert signing.check_session_key(f"{one.rpartition('.')[0]}.{other.rpartition('.')[2]}", [SECRET]) is None


def test_an_old_secret_still_verifies_and_a_strange_one_does_not() -> None:
    session = uuid4()
    key = signing.mint_session_key(OLD, session, 3)
    assert signing.check_session_key(key, [SECRET, OLD]) == (session, 3)
    assert signing.check_session_key(key, [SECRET]) is None
    assert signing.check_session_key(signing.mint_session_key(OTHER, session, 3), [SECRET, OLD]) is None


def test_without_secrets_nothing_opens() -> None:
    assert signing.check_session_key(a_key(), []) is None


@given(st.uuids(), VERSIONS, VERSIONS)
def test_versions_and_sessions_have_keys_of_their_own(session_id: UUID, one: int, other: int) -> None:
    same = signing.mint_session_key(SECRET, session_id, one) == signing.mint_session_key(SECRET, session_id, other)
    assert same == (one == other)
    assert signing.mint_session_key(SECRET, session_id, one) != signing.mint_session_key(OTHER, session_id, one)


@pytest.mark.parametrize("base", ["https://hire.example", "https://hire.example/"])
def test_the_portals_address_holds_the_key_alone(base: str) -> None:
    assert signing.portal_url(base, "k.1.m") == "https://hire.example/?session_key=k.1.m"


# --- Mint and check --------------------------------------------------------------------------------------------


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


def test_a_stem_longer_than_any_of_ours_is_refused_however_genuine() -> None:
    for length, stem in ((100, "s" * 100), (101, None), (5_000, None)):
        text = signing.mint(SECRET, Purpose.SESSION_KEY, "s" * length)
        assert signing.check(text, Purpose.SESSION_KEY, [SECRET]) == stem


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
