"""The audit only grows: the database itself refuses anything else."""

import asyncpg
import pytest

from factories import TESTS, rows
from hireloop import db, errors
from hireloop.scheduling import audit, interviews
from hireloop.scheduling.audit import Action, Actor, AuditFilter, NewAuditEntry
from hireloop.scheduling.people.candidates import CandidateFields

pytestmark = pytest.mark.usefixtures("database")


def entry(**fields: object) -> NewAuditEntry:
    return NewAuditEntry(action=Action.JOB_CREATED, subject=db.new_id(), by=TESTS, **fields)  # type: ignore[arg-type] # fields


async def test_what_is_recorded_is_read_newest_first_as_it_was() -> None:
    key = db.new_id()
    entries = [entry(), entry(candidate=db.new_id(), details={"fields": ["a"], "n": 1, "to": key})]
    entries.append(NewAuditEntry(action=Action.KEY_REVOKED, subject=key, by=Actor("Priya", key)))
    await audit.record(*entries)
    await audit.record()
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
    await audit.record(entry(details={"fields": ["title"]}))
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
    await audit.record(*about, of_thing)
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
