"""One mailbox is one person, however its address is written, also in rows of an older version."""

import importlib
from collections.abc import AsyncIterator
from datetime import timedelta
from zoneinfo import ZoneInfo

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from factories import OUTBOX, TESTS, make_slot, soon
from hireloop import db, errors, mail_addresses
from hireloop.doctor import twins as doctor_twins
from hireloop.notify.diagnosis.findings import Level
from hireloop.scheduling import corrections
from hireloop.scheduling.people import candidates, twins
from hireloop.scheduling.people.candidates import CandidateFields, CandidateFilter, CandidatePatch
from hireloop.scheduling.people.twins import Twins
from hireloop.scheduling.slots import recurrence, series, slots
from hireloop.scheduling.slots.series import NewSeries
from hireloop.scheduling.slots.slots import SlotFilter, SlotPatch

DATABASE = pytest.mark.usefixtures("database")
UNICODE, ASCII = "dup@bücher.example", "dup@xn--bcher-kva.example"
FIRST = importlib.import_module("hireloop.scheduling.migrations.scheduling_2026_11_29t12_00_00_000000")
KEYS = importlib.import_module("hireloop.scheduling.migrations.scheduling_2026_11_29t21_00_00_000000")
NOTICES = importlib.import_module("hireloop.scheduling.migrations.scheduling_2026_11_30t01_00_00_000000")
LABELS = st.text(st.characters(codec="utf-8", categories=["Ll", "Lo", "Nd"]), min_size=1, max_size=14)

# As version 0.1.0 writes rows.
OLD_CANDIDATE = "INSERT INTO candidate (id, full_name, email, created_at) VALUES ($1, 'Asha', $2, now())"
OLD_SLOT = """
    INSERT INTO slot (id, starts_at, ends_at, interviewer_email, created_at) VALUES ($1, $2, $3, $4, now())
"""


async def old_candidate(address: str) -> str:
    ident = db.new_id()
    await db.fetch(OLD_CANDIDATE, ident, address)
    return str(ident)


async def key(address: str) -> str:
    found: str = await db.fetch_value("SELECT address_key($1)", address)
    return found


@pytest.fixture
async def _filled_before(empty_url: str) -> AsyncIterator[None]:
    """A database of 0.1.0 with two candidates of one mailbox, and two slots of one interviewer at once."""
    async with db.opened(empty_url, pool_size=4):
        for statement in FIRST.STATEMENTS:
            await db.DB.run_ddl(statement)
        for address in (UNICODE, ASCII, "asha@example.com"):
            await old_candidate(address)
        for n, address in enumerate((ASCII, UNICODE, "ravi@example.com")):
            await db.fetch(OLD_SLOT, db.new_id(), soon(60 + n), soon(90 + n), address)
        async with db.DB.transaction():
            for statement in (*KEYS.STATEMENTS, *NOTICES.STATEMENTS):
                await db.DB.run_ddl(statement)
        yield


@DATABASE
@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("Asha@Example.COM", "asha@example.com"),
        (ASCII, UNICODE),
        ("Dup@XN--BCHER-KVA.example", UNICODE),
        ("dup@bu\u0308cher.example", UNICODE),
        ("ju\u0308rgen@example.com", "jürgen@example.com"),
        ("\u0130lker@example.com", "i\u0307lker@example.com"),  # Ilker is somebody else
        ("I\u0307lker@example.com", "i\u0307lker@example.com"),
        ("a@\u0130.example", "a@i\u0307.example"),
        ("ΟΔΟΣ@example.com", "οδοσ@example.com"),
        ("a@example\u3002com", "a@example.com"),
        ("a@\uff45xample.com", "a@example.com"),
        ("a@faß.example", "a@faß.example"),
        ("a@xn--fa-hia.example", "a@faß.example"),
        ("xn--bcher-kva@example.com", "xn--bcher-kva@example.com"),  # a domain's labels alone are encoded
        ("a@xn--zzzzzzzzzzzz99999.example", "a@xn--zzzzzzzzzzzz99999.example"),  # and this is no encoding
        ("a@xn--.example", "a@xn--.example"),
        ("a@xn--a-\u00e9.example", "a@xn--a-\u00e9.example"),
        ("a@b@xn--bcher-kva.example", "a@b@bücher.example"),
        ("\u00fc", "\u00fc"),
    ],
)
async def test_an_address_has_one_key(address: str, expected: str) -> None:
    assert await key(address) == expected


@pytest.mark.usefixtures("database")
@given(st.lists(LABELS, min_size=1, max_size=3))
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_an_address_and_the_same_in_ascii_have_one_key(labels: list[str]) -> None:
    address = f"asha@{'.'.join(labels)}.example"
    try:
        known = mail_addresses.normal(address)
        in_ascii = mail_addresses.sender_of(address).address
    except ValueError:
        return
    assert await key(address) == await key(in_ascii) == await key(known)
    assert (await key(known)).lower() == known.lower()


@pytest.mark.usefixtures("database")
@given(
    st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=40)
    | st.from_regex(r"a@(xn--[a-z0-9-]{0,20}\.){1,2}example", fullmatch=True)
)
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_any_text_has_a_key(text: str) -> None:
    assert await key(text) == await key(text.lower())


@DATABASE
async def test_one_who_was_stored_by_an_older_version_is_found_by_either_spelling() -> None:
    ident = await old_candidate(ASCII)
    for address in (UNICODE, ASCII, "DUP@Bücher.example"):
        known, created = await candidates.create(CandidateFields(full_name="Asha", email=address), by=TESTS)
        assert (str(known.id), known.email, created) == (ident, ASCII, False)
        assert await candidates.page(CandidateFilter(email=address), limit=9, after=None) == [known]
    with pytest.raises(asyncpg.UniqueViolationError, match="one_candidate_per_address"):
        await old_candidate(UNICODE)
    other, _ = await candidates.create(CandidateFields(full_name="Asha", email="o@example.com"), by=TESTS)
    with pytest.raises(errors.AddressTaken):
        await corrections.change(other.id, CandidatePatch(email=UNICODE), by=TESTS, outbox=OUTBOX)
    same = await corrections.change(known.id, CandidatePatch(email=UNICODE), by=TESTS, outbox=OUTBOX)
    assert (same.candidate.email, same.invited_anew) == (UNICODE, 0)


@DATABASE
async def test_who_is_found_by_a_mailbox_is_known_also_where_python_has_other_small_letters() -> None:
    known, _ = await candidates.create(CandidateFields(full_name="Asha", email="ΟΔΟΣ@example.com"), by=TESTS)
    small = "οδοσ@example.com"
    assert await candidates.create(CandidateFields(full_name="Asha", email=small), by=TESTS) == (known, False)
    changed = await corrections.change(known.id, CandidatePatch(email=small), by=TESTS, outbox=OUTBOX)
    assert changed.candidate.email == small


@DATABASE
async def test_a_dotted_capital_i_is_a_letter_of_its_own() -> None:
    first, _ = await candidates.create(CandidateFields(full_name="İlker", email="İlker@example.com"), by=TESTS)
    second, is_new = await candidates.create(CandidateFields(full_name="Ilker", email="ilker@example.com"), by=TESTS)
    assert is_new
    assert second.id != first.id


@pytest.mark.usefixtures("_filled_before")
async def test_twins_of_a_filled_table_keep_working_and_nobody_joins_them() -> None:
    rows = await db.fetch("SELECT email, address_twin FROM candidate ORDER BY email")
    assert {row["email"]: row["address_twin"] for row in rows} == {"asha@example.com": 0, UNICODE: 0, ASCII: 1}
    found = {
        address: (await candidates.create(CandidateFields(full_name="Asha", email=address), by=TESTS))[0]
        for address in (UNICODE, ASCII, "dup@bu\u0308cher.example")
    }
    assert [one.email for one in found.values()] == [UNICODE, ASCII, UNICODE]
    assert len(await candidates.page(CandidateFilter(email=ASCII), limit=9, after=None)) == 2
    with pytest.raises(asyncpg.UniqueViolationError):
        await old_candidate("dup@bu\u0308cher.example")
    # The first of the two moves away: the other one still has the mailbox.
    await db.fetch("UPDATE candidate SET email = 'gone@example.com' WHERE id = $1", found[UNICODE].id)
    known, created = await candidates.create(CandidateFields(full_name="Asha", email=UNICODE), by=TESTS)
    assert (known.id, created) == (found[ASCII].id, False)


@pytest.mark.usefixtures("_filled_before")
async def test_slots_that_overlap_since_before_stay_and_no_new_one_joins_them() -> None:
    rows = await db.fetch("SELECT interviewer_email, overlaps_since_before AS marked FROM slot ORDER BY 1")
    assert {row["interviewer_email"]: row["marked"] for row in rows} == {
        UNICODE: False,
        ASCII: True,
        "ravi@example.com": False,
    }
    assert len(await slots.page(SlotFilter(interviewer=ASCII), limit=9, after=None)) == 2
    for address in (UNICODE, ASCII):
        with pytest.raises(asyncpg.ExclusionViolationError, match="interviewer_has_one_slot_at_a_time"):
            await db.fetch(OLD_SLOT, db.new_id(), soon(61), soon(62), address)
    await db.fetch("UPDATE slot SET notes = 'n'")


@DATABASE
async def test_an_interviewer_has_one_slot_at_a_time_however_their_address_is_written() -> None:
    start = soon(60).replace(second=0, microsecond=0)
    busy = db.new_id()
    await db.fetch(OLD_SLOT, busy, start, start + timedelta(hours=1), ASCII)
    with pytest.raises(errors.InterviewerBusy):
        await make_slot(starts_at=start, interviewer_email=UNICODE)
    free = await make_slot(starts_at=start + timedelta(hours=1), interviewer_email=UNICODE)
    with pytest.raises(errors.InterviewerBusy):
        await slots.change(free, SlotPatch(starts_at=start), by=TESTS, outbox=OUTBOX)
    assert [one.id for one in await slots.page(SlotFilter(interviewer=UNICODE), limit=9, after=None)] == [busy, free]
    made = await series.create(
        NewSeries(
            rule="FREQ=DAILY;COUNT=2",
            zone=ZoneInfo("UTC"),
            starts_at_local=start.replace(tzinfo=None),
            duration=timedelta(hours=1),
            interviewer_email=UNICODE,
        ),
        by=TESTS,
    )
    assert [(one.omission, one.slot) for one in made.left_out] == [(recurrence.Omission.ALREADY_EXISTS, busy)]
    assert len(made.created) == 1


@pytest.mark.usefixtures("_filled_before")
async def test_doctor_names_twins_until_they_are_cleared_up() -> None:
    known = {row["email"]: row["id"] for row in await db.fetch("SELECT id, email FROM candidate")}
    marked = await db.fetch_value("SELECT id FROM slot WHERE overlaps_since_before")
    found = await twins.read()
    assert found == Twins([[known[UNICODE], known[ASCII]]], [marked])
    said = doctor_twins.finding(found)
    assert said is not None
    assert said.level is Level.WARNING
    assert f"{known[UNICODE]} and {known[ASCII]}" in said.cause
    assert f"overlaps another of the same interviewer: {marked}." in said.cause
    await db.fetch("UPDATE candidate SET email = 'o@example.com' WHERE id = $1", known[UNICODE])
    await db.fetch("UPDATE slot SET withdrawn_at = now() WHERE id = $1", marked)
    assert await twins.read() == twins.NO_TWINS
    assert doctor_twins.finding(twins.NO_TWINS) is None


def test_of_many_twins_some_are_named() -> None:
    said = doctor_twins.finding(Twins([[db.new_id(), db.new_id()] for _ in range(7)], []))
    assert said is not None
    assert said.cause.startswith("7 mailboxes have several candidates")
    assert said.cause.endswith("; and 2 more.")
