"""Keys of sessions, one by one; `test_signing.py` has what holds for every kind of signed text."""

from base64 import urlsafe_b64decode
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hireloop import session_keys

SECRET = "the secret of these tests, long enough"
OLD, OTHER = "the secret before it, long enough too", "somebody else's secret, long enough too"
VERSIONS = st.integers(min_value=1, max_value=2**31 - 1)
SECRETS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=64)
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def a_key(version: int = 1) -> str:
    return session_keys.mint(SECRET, uuid4(), version)


@given(SECRETS, st.uuids(), VERSIONS)
def test_a_minted_key_checks_and_says_whose_it_is(secret: str, session_id: UUID, version: int) -> None:
    key = session_keys.mint(secret, session_id, version)
    assert session_keys.check(key, [secret]) == (session_id, version)
    assert key == session_keys.mint(secret, session_id, version)  # the same text every time: nothing is stored


@given(st.uuids(), VERSIONS)
def test_a_key_needs_no_escaping_in_a_url(session_id: UUID, version: int) -> None:
    key = session_keys.mint(SECRET, session_id, version)
    assert set(key) <= set(ALPHABET) | {"."}
    assert len(key) < 80


@given(st.uuids(), st.integers(0, 68), st.characters(codec="utf-8"))
def test_no_other_character_anywhere_opens_anything(session_id: UUID, place: int, character: str) -> None:
    key = session_keys.mint(SECRET, session_id, 1)
    altered = key[:place] + character + key[place + 1 :]
    assert altered == key or session_keys.check(altered, [SECRET]) is None


@given(st.uuids(), st.integers(0, 68), st.integers(0, 6))
def test_no_flipped_bit_opens_anything(session_id: UUID, place: int, bit: int) -> None:
    key = session_keys.mint(SECRET, session_id, 1)
    place %= len(key)
    altered = key[:place] + chr(ord(key[place]) ^ (1 << bit)) + key[place + 1 :]
    assert session_keys.check(altered, [SECRET]) is None


@given(st.uuids(), st.integers(0, 67))
def test_a_truncated_key_opens_nothing(session_id: UUID, length: int) -> None:
    assert session_keys.check(session_keys.mint(SECRET, session_id, 1)[:length], [SECRET]) is None


@given(st.uuids(), st.text(st.characters(codec="utf-8"), min_size=1, max_size=60))
def test_a_key_with_something_before_or_behind_it_opens_nothing(session_id: UUID, more: str) -> None:
    key = session_keys.mint(SECRET, session_id, 1)
    assert session_keys.check(key + more, [SECRET]) is None
    assert session_keys.check(more + key, [SECRET]) is None


@given(st.text(max_size=120))
def test_any_other_text_opens_nothing_and_raises_nothing(text: str) -> None:
    assert session_keys.check(text, [SECRET]) is None


@pytest.mark.parametrize("text", ["", ".", "..", "...", "a.1.b", "\ud800.1.x", "\x00", "é.1.é", "." * 200, "9" * 5000])
def test_odd_texts_open_nothing(text: str) -> None:
    assert session_keys.check(text, [SECRET]) is None


def test_other_spellings_of_the_same_bytes_open_nothing() -> None:
    ident, version, mac = a_key().split(".")
    spellings = [f"{ident[:-1]}{last}" for last in ALPHABET if last != ident[-1]]
    same_bytes = [s for s in spellings if urlsafe_b64decode(s + "==") == urlsafe_b64decode(ident + "==")]
    assert same_bytes  # base64url is malleable: this is why a key is checked by minting it again
    for other in (*same_bytes, f"{ident}==", f"{ident[:5]}!{ident[5:]}", f" {ident}"):
        assert session_keys.check(f"{other}.{version}.{mac}", [SECRET]) is None
    for other in (f"{mac}=", f"{mac[:5]}\n{mac[5:]}"):
        assert session_keys.check(f"{ident}.{version}.{other}", [SECRET]) is None
    for other in ("01", "+1", " 1", "1_0", "10", "2"):
        assert session_keys.check(f"{ident}.{other}.{mac}", [SECRET]) is None


def test_the_mac_of_one_key_does_not_open_another() -> None:
    one, other = a_key(), a_key()
    assert session_keys.check(f"{one.rpartition('.')[0]}.{other.rpartition('.')[2]}", [SECRET]) is None


def test_an_old_secret_still_verifies_and_a_strange_one_does_not() -> None:
    session = uuid4()
    key = session_keys.mint(OLD, session, 3)
    assert session_keys.check(key, [SECRET, OLD]) == (session, 3)
    assert session_keys.check(key, [SECRET]) is None
    assert session_keys.check(session_keys.mint(OTHER, session, 3), [SECRET, OLD]) is None


def test_without_secrets_nothing_opens() -> None:
    assert session_keys.check(a_key(), []) is None


@given(st.uuids(), VERSIONS, VERSIONS)
def test_versions_and_sessions_have_keys_of_their_own(session_id: UUID, one: int, other: int) -> None:
    same = session_keys.mint(SECRET, session_id, one) == session_keys.mint(SECRET, session_id, other)
    assert same == (one == other)
    assert session_keys.mint(SECRET, session_id, one) != session_keys.mint(OTHER, session_id, one)


@pytest.mark.parametrize("base", ["https://hire.example", "https://hire.example/"])
def test_the_portals_address_holds_the_key_alone(base: str) -> None:
    assert session_keys.portal_url(base, "k.1.m") == "https://hire.example/?session_key=k.1.m"
