"""The audit only grows: the database itself refuses anything else."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

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


async def test_entries_about_some_subjects_are_read_oldest_first_of_the_actions_that_are_asked_for() -> None:
    ours, other = db.new_id(), db.new_id()
    for action, subject in (
        (Action.SLOT_CHANGED, ours),
        (Action.SLOT_CREATED, ours),
        (Action.SLOT_CHANGED, other),
        (Action.INTERVIEW_MISSED, ours),
    ):
        entry = NewAuditEntry(action=action, subject=subject, by=TESTS, details={"fields": ["notes"]})
        await audit.record(entry, at=None)
    found = await audit.about([ours], [Action.SLOT_CHANGED, Action.INTERVIEW_MISSED])
    assert [(one.action, one.subject) for one in found] == [
        (Action.SLOT_CHANGED, ours),
        (Action.INTERVIEW_MISSED, ours),
    ]
    assert found[0].details == {"fields": ["notes"]}


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
    await slots.change(slot.id, SlotPatch(notes="Room 4"), by=TESTS, outbox=OUTBOX, now=then)
    await jobs.change(interview.job, JobPatch(coding_language="python"), by=TESTS, now=then)
    await interviews.change(interview.id, InterviewChanges(round=2), by=TESTS, now=then)
    booked = await book(interview.id, slot.id, now=then)
    new_address = CandidatePatch(email="b@example.com")
    await corrections.change(interview.candidate, new_address, by=TESTS, outbox=OUTBOX, now=then)
    await confirmations.confirm(booked.booking.id, by=TESTS, outbox=OUTBOX, now=then)
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


async def erased_person() -> UUID:
    """Return somebody who is marked as erased, of which the audit knows."""
    person = await somebody()
    await db.fetch("UPDATE candidate SET erased_at = now() WHERE id = $1", person)
    erased = NewAuditEntry(
        action=Action.CANDIDATE_ERASED, subject=person, candidate=person, by=TESTS, details={"bookings": 1}
    )
    await audit.record(erased, at=None)
    return person


async def somebody() -> UUID:
    made = await interviews.create(
        CandidateFields(full_name="Asha", email=f"{db.new_id()}@example.com"),
        JobFields(title="Baker", company="Acme"),
        by=TESTS,
    )
    return made.candidate


async def details() -> list[object]:
    return [one.details for one in await audit.page(AuditFilter(), limit=99, after=None)]


async def test_blanking_spares_what_is_about_others_and_the_entry_about_the_erasure() -> None:
    other, person = await somebody(), await erased_person()
    interview = await db.fetch_value("SELECT id FROM interview WHERE candidate = $1", person)
    about = [
        entry(candidate=person, details={"reason": "Asha is ill."}),
        NewAuditEntry(action=Action.INTERVIEW_CHANGED, subject=interview, candidate=person, by=TESTS, details={"a": 1}),
        NewAuditEntry(action=Action.CANDIDATE_CHANGED, subject=person, candidate=person, by=TESTS, details={"b": 1}),
    ]
    # It names somebody else, although its subject is a thing of theirs.
    others = NewAuditEntry(
        action=Action.INTERVIEW_CHANGED, subject=interview, candidate=other, by=TESTS, details={"c": 1}
    )
    await audit.record(*about, others, entry(details={"kept": True}), at=None)
    before = await audit.page(AuditFilter(), limit=99, after=None)
    await audit.blank(person)
    after = await audit.page(AuditFilter(), limit=99, after=None)
    kept = [one for one in after if one.details]
    assert [one.details for one in kept if one in before][:2] == [{"kept": True}, {"c": 1}]
    assert {"bookings": 1} in await details()
    assert {str(one) for one in await details()}.isdisjoint({"{'reason': 'Asha is ill.'}", "{'a': 1}", "{'b': 1}"})
    assert [(one.id, one.at, one.action, one.actor, one.subject) for one in after] == [
        (one.id, one.at, one.action, one.actor, one.subject) for one in before
    ]


async def test_nothing_about_a_person_who_is_not_erased_is_blanked() -> None:
    person = await somebody()
    await audit.record(entry(candidate=person, details={"kept": True}), at=None)
    before = await details()
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="says nothing of the erasure"):
        await audit.blank(person)
    # Marked as erased, but the audit does not say so.
    await db.fetch("UPDATE candidate SET erased_at = now() WHERE id = $1", person)
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="says nothing of the erasure"):
        await audit.blank(person)
    assert await details() == before


async def test_a_thing_given_to_an_erased_person_keeps_its_entries(database_url: str) -> None:
    """Anyone who holds the role of the processes can write any interview, booking or session."""
    person = await erased_person()
    key, _ = await api_keys.create("a stolen key", Role.ADMIN)
    before = await rows("audit_entry")
    await db.fetch(
        "INSERT INTO interview (id, candidate, job, created_at)"
        "SELECT $1, candidate, job, created_at FROM interview WHERE candidate = $2",
        key.id,
        person,
    )
    await audit.blank(person)
    connection = await asyncpg.connect(database_url)
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="append-only"):
        await connection.execute("UPDATE audit_entry SET details = '{}' WHERE subject = $1", key.id)
    await connection.close()
    assert [one for one in await rows("audit_entry") if one["subject"] == key.id] == [
        one for one in before if one["subject"] == key.id
    ]


async def test_0_1_0_blanks_what_is_about_an_erased_person_and_its_switch_opens_nothing_else() -> None:
    person, other = await erased_person(), await somebody()
    await audit.record(
        entry(candidate=person, details={"reason": "Asha is ill."}), entry(candidate=other, details={"a": 1}), at=None
    )
    blank = (
        "UPDATE audit_entry SET details = '{}' "
        "WHERE action <> 'candidate.erased' AND (candidate = $1 OR subject = ANY($2::uuid[]))"
    )
    for about, refused in ((person, False), (other, True)):
        async with db.DB.transaction():
            await db.fetch("SELECT set_config('hireloop.erasing', 'on', true)")
            if refused:
                with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="append-only"):
                    await db.fetch(blank, about, [about])
                break
            await db.fetch(blank, about, [about])
    assert {"a": 1} in await details()
    assert {"reason": "Asha is ill."} not in await details()


async def test_tables_of_a_caller_are_not_taken_for_ours(database_url: str) -> None:
    person = await somebody()
    await audit.record(entry(candidate=person, details={"kept": True}), at=None)
    connection = await asyncpg.connect(database_url)
    await connection.execute(
        f"""
        CREATE TEMPORARY TABLE candidate AS SELECT '{person}'::uuid AS id, now() AS erased_at;
        CREATE TEMPORARY TABLE interview (id uuid, candidate uuid);
        CREATE TEMPORARY TABLE audit_entry AS SELECT '{person}'::uuid AS candidate, 'candidate.erased' AS action;
        SET search_path = pg_temp, public
        """
    )
    for statement in (
        f"SELECT public.blank_audit_of_erased('{person}')",
        "UPDATE public.audit_entry SET details = '{}'",
    ):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            await connection.execute(statement)
    await connection.close()
    assert {"kept": True} in await details()
