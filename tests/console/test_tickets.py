"""A ticket: whose key, until when, and a proof that neither SECRET_KEY nor the table of keys alone can make."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from hireloop.console import tickets
from hireloop.console.tickets import LIFE, TicketClaim, is_genuine, issue, parse

SECRET, OTHER = "a" * 40, "b" * 40
KEY, HASH = UUID(int=7), b"h" * 32
NOW = datetime(2026, 12, 1, 10, tzinfo=UTC)


def good(ticket: str, *, key_hash: bytes = HASH, secrets: tuple[str, ...] = (SECRET,), now: datetime = NOW) -> bool:
    claim = parse(ticket)
    return claim is not None and is_genuine(ticket, claim, key_hash, secrets, now=now)


def test_a_ticket_is_good_for_twelve_hours_and_not_a_second_longer() -> None:
    ticket = issue(SECRET, KEY, HASH, now=NOW)
    assert good(ticket)
    assert good(ticket, now=NOW + LIFE - timedelta(seconds=1))
    assert not good(ticket, now=NOW + LIFE)
    assert timedelta(hours=12) == LIFE


def test_a_ticket_says_whose_key_it_is_and_nothing_of_the_key() -> None:
    ticket = issue(SECRET, KEY, HASH, now=NOW)
    assert parse(ticket) == TicketClaim(KEY, int((NOW + LIFE).timestamp()))
    assert HASH.decode() not in ticket


def test_it_takes_the_secret_and_the_keys_hash_to_make_one() -> None:
    assert not good(issue(OTHER, KEY, HASH, now=NOW))
    assert not good(issue(SECRET, KEY, b"x" * 32, now=NOW))


def test_a_secret_that_was_replaced_still_vouches_until_it_is_dropped() -> None:
    ticket = issue(OTHER, KEY, HASH, now=NOW)
    assert good(ticket, secrets=(SECRET, OTHER))


def test_a_later_end_or_another_key_needs_another_proof() -> None:
    ident, until, mac = issue(SECRET, KEY, HASH, now=NOW).split(".")
    other = issue(SECRET, UUID(int=8), HASH, now=NOW).split(".")[0]
    assert not good(f"{ident}.{int(until) + 1}.{mac}")
    assert not good(f"{other}.{until}.{mac}")
    assert not good(f"{ident}.0{until}.{mac}")


@pytest.mark.parametrize(
    "text",
    ["", ".", "..", "a.b.c", "....", "é.1.x", f"{'A' * 22}.1", f"{'A' * 22}.-1.x", f"{'A' * 22}.{2**50}.x", "x" * 121],
)
def test_what_is_no_ticket_claims_nothing(text: str) -> None:
    assert parse(text) is None


def test_every_other_spelling_of_a_ticket_is_none() -> None:
    ticket = issue(SECRET, KEY, HASH, now=NOW)
    for place, letter in enumerate(ticket):
        altered = ticket[:place] + ("A" if letter != "A" else "B") + ticket[place + 1 :]
        assert not good(altered), place
    assert not good(f"{ticket}=")
    assert not good(ticket.replace(".", "=.", 1))
    assert tickets.parse(f" {ticket}") is None or not good(f" {ticket}")
