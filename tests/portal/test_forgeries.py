"""Keys that nobody minted: one same page, no query, and slower after a while."""

import base64
import string
from collections.abc import Iterator
from uuid import UUID, uuid4

import httpx
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from hireloop import session_keys
from hireloop.portal import gate
from hireloop.portal.gate import Refusal
from hireloop.settings import Settings
from portal.factories import book

BASE64URL = string.ascii_letters + string.digits + "-_"
SOMEBODY = UUID("01a1fd9e-8cf2-76ba-b101-c652a4ce31e8")


def _forgeries(key: str, settings: Settings) -> Iterator[str]:
    ident, version, mac = key.split(".")
    yield ""
    yield key[:-1]
    yield key + "A"
    yield key + "="
    yield key + " "
    yield f"{ident}==.{version}.{mac}"
    yield f"{ident}.{version}.{mac}="
    yield f"{ident[:5]}\n{ident[5:]}.{version}.{mac}"
    yield f"{ident}.0{version}.{mac}"
    yield f"{ident}.{int(version) + 1}.{mac}"
    yield f"{ident}.\u0661.{mac}"  # a digit to str.isdigit
    yield f"{session_keys.mint(settings.secrets[0], uuid4(), 1).split('.')[0]}.{version}.{mac}"
    yield key.swapcase()
    yield key.replace(".", "%2E", 1)
    yield session_keys.mint("another secret, as long as a secret is", SOMEBODY, 1)
    yield session_keys.mint(settings.secrets[0], uuid4(), 1)  # genuine, of a session that is not there
    yield str(SOMEBODY)
    yield "x" * 4_000
    yield "\udcff\x00"


async def test_every_forgery_gets_one_same_page(
    client: httpx.AsyncClient, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hireloop.web.slow_down._FREE", 1000)  # its own test has it
    booked = await book(settings)
    bodies = set()
    for forged in _forgeries(booked.key, settings):
        answer = await client.get("/", params={"session_key": forged.encode("utf-8", "surrogateescape")})
        bodies.add((answer.status_code, answer.content, answer.headers.get("set-cookie")))
        answer = await client.get("/i/not-an-id/")
        bodies.add((answer.status_code, answer.content, None))
    assert len(bodies) == 1
    status, body, cookie = bodies.pop()
    assert (status, cookie) == (404, None)
    assert b"This link does not work" in body


async def test_other_spellings_of_the_same_bytes_are_no_keys(settings: Settings, database: None) -> None:  # noqa: ARG001 (the pool is open)
    booked = await book(settings)
    ident, version, mac = booked.key.split(".")
    spellings = [f"{ident[:-1]}{last}.{version}.{mac}" for last in BASE64URL]
    spellings += [f"{ident}.{version}.{mac[:-1]}{last}" for last in BASE64URL]
    same = [it for it in spellings if _bytes(it) == _bytes(booked.key)]
    assert len(same) > 2  # each counts itself
    found = {spelling: await gate.check(spelling, settings.secrets) for spelling in spellings}
    assert [it for it, outcome in found.items() if outcome is not Refusal.UNKNOWN] == [booked.key]


def _bytes(key: str) -> tuple[bytes, bytes]:
    ident, _, mac = key.split(".")
    return base64.urlsafe_b64decode(ident + "=="), base64.urlsafe_b64decode(mac + "=")


@examples(
    max_examples=3 * examples().max_examples,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
async def test_no_altered_key_ever_reaches_the_database(settings_alone: Settings, data: st.DataObject) -> None:
    """The pool is closed here: a query would raise."""
    genuine = session_keys.mint(settings_alone.secrets[0], SOMEBODY, 1)
    altered = data.draw(st.one_of(_bit_flipped(genuine), _cut(genuine), _grown(genuine), st.text(max_size=120)))
    if altered != genuine:
        assert await gate.check(altered, settings_alone.secrets) is Refusal.UNKNOWN


def _bit_flipped(key: str) -> st.SearchStrategy[str]:
    return st.tuples(st.integers(0, len(key) - 1), st.integers(0, 6)).map(
        lambda at: key[: at[0]] + chr(ord(key[at[0]]) ^ (1 << at[1])) + key[at[0] + 1 :]
    )


def _cut(key: str) -> st.SearchStrategy[str]:
    return st.tuples(st.integers(0, len(key)), st.integers(0, len(key))).map(lambda at: key[min(at) : max(at)])


def _grown(key: str) -> st.SearchStrategy[str]:
    return st.tuples(st.integers(0, len(key)), st.text(min_size=1, max_size=4)).map(
        lambda at: key[: at[0]] + at[1] + key[at[0] :]
    )


@pytest.fixture
def settings_alone() -> Settings:
    return Settings.read(_env_file=None, secret_key="a secret for tests that need no database")


async def test_many_bad_keys_are_slowed_and_a_genuine_one_is_not(
    client: httpx.AsyncClient, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    booked = await book(settings)
    monkeypatch.setattr("hireloop.web.slow_down.asyncio.sleep", sleep)
    for _ in range(15):
        assert (await client.get("/?session_key=guess")).status_code == 404
    assert slept == [0.25, 0.5, 1.0, 2.0, 2.0]
    assert (await client.get("/", params={"session_key": booked.key})).status_code == 303
    assert len(slept) == 5
