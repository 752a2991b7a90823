"""The audit only grows: the database itself refuses anything else."""

from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from factories import OUTBOX, TESTS, book, rows
from hireloop import db, errors
from hireloop.access import api_keys
from hireloop.access.tables import Role
from hireloop.scheduling import audit, corrections, interviews, withdrawals
from hireloop.scheduling.audit import Action, Actor, AuditFilter, NewAuditEntry
from hireloop.scheduling.bookings import confirmations
from hireloop.scheduling.interviews import InterviewChanges
from hireloop.scheduling.people import jobs
from hireloop.scheduling.people.candidates import CandidateFields, CandidatePatch
from hireloop.scheduling.people.jobs import JobFields, JobPatch
from hireloop.scheduling.slots import slots
from hireloop.scheduling.slots.slots import SlotFields, SlotPatch

pytestmark = pytest.mark.usefixtures("database")


def entry(**fields: object) -> NewAuditEntry:
    return NewAuditEntry(action=Action.JOB_CREATED, subject=db.new_id(), by=TESTS, **fields)  # type: ignore[arg-type] # fields


async def test_what_is_recorded_is_read_newest_first_as_it_was() -> None:
    key = db.new_id()
    entries = [entry(), entry(candidate=db.new_id(), details={"fields": ["a"], "n": 1, "to": key})]
    entries.append(NewAuditEntry(action=Action.KEY_REVOKED, subject=key, by=Actor("Priya", key)))
    await audit.record(*entries, at=None)
    await audit.record(at=None)
    read = await audit.page(AuditFilter(), limit=9, after=None)
    assert [(one.action, one.subject, one.candidate) for one in read] == [
        (one.action, one.subject, one.candidate) for one in reversed(entries)
    ]
    assert [one.details for one in read] == [{}, {"fields": ["a"], "n": 1, "to": str(key)}, {}]
    assert [(one.actor, one.actor_key) for one in read] == [("Priya", key), ("tests", None), ("tests", None)]
    assert await audit.page(AuditFilter(), limit=1, after=read[0].id) == [read[1]]


async def test_an_entry_is_written_with_what_it_tells_or_not_at_all() -> None:
    with pytest.raises(errors.BadInput):
        await interviews.create(CandidateFields(full_name="Asha", email="a@example.com"), db.new_id(), by=TESTS)
    assert await rows("audit_entry") == await rows("candidate") == []


async def test_a_given_moment_is_the_moment_of_all_that_is_written() -> None:
    then = datetime(2030, 1, 1, 12, tzinfo=UTC)
    person, job = CandidateFields(full_name="Asha", email="a@example.com"), JobFields(title="Baker", company="Acme")
    hour = SlotFields(starts_at=then + timedelta(hours=1), ends_at=then + timedelta(hours=2))
    interview = await interviews.create(person, job, by=TESTS, now=then)
    slot = await slots.create(hour, by=TESTS, now=then)
    await slots.change(slot.id, SlotPatch(notes="Room 4"), by=TESTS, now=then)
    await jobs.change(interview.job, JobPatch(coding_language="python"), by=TESTS, now=then)
    await interviews.change(interview.id, InterviewChanges(round=2), by=TESTS, now=then)
    booked = await book(interview.id, slot.id, now=then)
    new_address = CandidatePatch(email="b@example.com")
    await corrections.change(interview.candidate, new_address, by=TESTS, outbox=OUTBOX, now=then)
    await confirmations.confirm(booked.booking.id, by=TESTS, now=then)
    await withdrawals.withdraw(slot.id, cancel=True, by=TESTS, reason="", outbox=OUTBOX, now=then)
    await interviews.cancel(interview.id, by=TESTS, reason="", outbox=OUTBOX, now=then)
    key, _ = await api_keys.create("one", Role.VIEWER, now=then)
    assert (await api_keys.revoke(key.id, now=then)).revoked_at == then
    entries = await rows("audit_entry")
    assert len({entry["action"] for entry in entries}) == len(entries) == 15
    assert {entry["at"] for entry in entries} == {then}
    for table in ("candidate", "job", "interview", "slot", "delivery", "api_key"):
        assert {row["created_at"] for row in await rows(table)} == {then}, table


async def test_without_a_moment_all_of_one_transaction_has_its_beginning() -> None:
    person, job = CandidateFields(full_name="Asha", email="a@example.com"), JobFields(title="Baker", company="Acme")
    made = await interviews.create(person, job, by=TESTS)
    assert {entry["at"] for entry in await rows("audit_entry")} == {made.created_at}
    assert [row["created_at"] for table in ("candidate", "job") for row in await rows(table)] == [made.created_at] * 2


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET actor = 'somebody else'",
        "UPDATE audit_entry SET details = '{}'",
        "DELETE FROM audit_entry",
        "TRUNCATE audit_entry",
        "SET hireloop.erasing = 'on'; DELETE FROM audit_entry",
        "SET hireloop.erasing = 'on'; TRUNCATE audit_entry",
        "SET hireloop.erasing = 'on'; UPDATE audit_entry SET details = '{\"a\": 1}'",
        "SET hireloop.erasing = 'on'; UPDATE audit_entry SET details = '{}', actor = 'nobody'",
        "SET hireloop.erasing = 'on'; UPDATE audit_entry SET details = '{}', at = now() - interval '1 year'",
    ],
)
async def test_the_database_refuses_to_change_or_drop_an_entry(database_url: str, statement: str) -> None:
    await audit.record(entry(details={"fields": ["title"]}), at=None)
    before = await rows("audit_entry")
    connection = await asyncpg.connect(database_url)
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="append-only"):
        await connection.execute(statement)
    await connection.close()
    assert await rows("audit_entry") == before


async def test_erasing_a_person_blanks_the_details_of_what_is_about_them_and_nothing_else() -> None:
    person, thing = db.new_id(), db.new_id()
    about = [entry(candidate=person, details={"reason": "Asha is ill."}), entry(details={"kept": True})]
    of_thing = NewAuditEntry(action=Action.SLOT_CHANGED, subject=thing, by=TESTS, details={"a": 1})
    await audit.record(*about, of_thing, at=None)
    before = await audit.page(AuditFilter(), limit=9, after=None)
    async with db.DB.transaction():
        await audit.blank(person, [thing])
    after = await audit.page(AuditFilter(), limit=9, after=None)
    assert [one.details for one in after] == [{}, {"kept": True}, {}]
    assert [(one.id, one.at, one.action, one.actor) for one in after] == [
        (one.id, one.at, one.action, one.actor) for one in before
    ]
    with pytest.raises(asyncpg.IntegrityConstraintViolationError):  # the permission ended with the transaction
        await db.fetch("UPDATE audit_entry SET details = '{}'")
