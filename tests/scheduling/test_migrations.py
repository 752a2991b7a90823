"""Impossible rows cannot be written, by constraints whose names read as sentences."""

import asyncpg
import pytest

from hireloop import db

_NEW = {"id": "gen_random_uuid()", "created_at": "now()"}
_CANDIDATE = _NEW | {"full_name": "'Asha'", "email": "'b@example.com'"}
_JOB = _NEW | {"title": "'Cook'", "company": "'Example'"}
_INTERVIEW = _NEW | {"candidate": "(SELECT id FROM candidate LIMIT 1)", "job": "(SELECT id FROM job LIMIT 1)"}
_SLOT = _NEW | {"starts_at": "'2030-01-01 12:00Z'", "ends_at": "'2030-01-01 13:00Z'"}
_SCHEDULE = {
    "id": "gen_random_uuid()",
    "interview": "(SELECT id FROM interview ORDER BY id DESC LIMIT 1)",
    "slot": "(SELECT id FROM slot LIMIT 1)",
    "candidate": "(SELECT id FROM candidate LIMIT 1)",
    "job": "(SELECT id FROM job LIMIT 1)",
    "starts_at": "'2030-01-01 11:00Z'",
    "ends_at": "'2030-01-01 12:00Z'",
    "booked_at": "now()",
    "reminded_at": "now()",
}
_SESSION = {
    "id": "gen_random_uuid()",
    "schedule": "(SELECT id FROM schedule ORDER BY starts_at DESC LIMIT 1)",
    "opens_at": "now()",
    "closes_at": "now() + interval '1 minute'",
}
_INSTALLATION = {"id": "1", "secret_fingerprint": "'f'", "base_url": "'u'"}
_AUDIT = {
    "id": "gen_random_uuid()",
    "at": "now()",
    "action": "'a.b'",
    "subject": "gen_random_uuid()",
    "actor": "'tests'",
}
_BASES = {
    "candidate": _CANDIDATE,
    "job": _JOB,
    "interview": _INTERVIEW,
    "slot": _SLOT,
    "schedule": _SCHEDULE,
    "session": _SESSION,
    "installation": _INSTALLATION,
    "audit_entry": _AUDIT,
}
_WITH_INTERVIEWER = {"interviewer_email": "'I@example.com'", "starts_at": "'2030-01-01 10:30Z'"}

IMPOSSIBLE: list[tuple[str, str, dict[str, str]]] = [
    ("candidate_has_a_name", "candidate", {"full_name": "''"}),
    ("candidate_has_an_address", "candidate", {"email": "'example.com'"}),
    ("candidate_has_an_address", "candidate", {"email": "'@example.com'"}),
    ("one_candidate_per_address", "candidate", {"email": "'ASHA@example.com'"}),
    ("job_has_a_title", "job", {"title": "''"}),
    ("job_has_a_company", "job", {"company": "''"}),
    ("one_job_per_title_and_company", "job", {"title": "'BAKER'", "company": "'example'"}),
    ("an_active_client_has_a_lease", "session", {"active_until": "now()"}),
    ("interview_round_counts_from_one", "interview", {"round": "0"}),
    ("interview_state_is_known", "interview", {"state": "'forgotten'"}),
    ("scheduled_interviews_have_times", "interview", {"state": "'scheduled'", "started_at": "now()"}),
    ("slot_ends_after_it_starts", "slot", {"ends_at": "'2030-01-01 12:00Z'"}),
    ("slot_has_seats", "slot", {"seats": "0"}),
    ("slot_seats_are_not_exceeded", "slot", {"seats": "1", "taken": "2"}),
    ("slot_seats_are_not_exceeded", "slot", {"taken": "-1"}),
    ("interviewer_has_one_slot_at_a_time", "slot", _WITH_INTERVIEWER),
    ("schedule_state_is_known", "schedule", {"state": "'perhaps'"}),
    ("schedule_revision_counts_from_one", "schedule", {"revision": "0"}),
    ("candidate_has_one_interview_at_a_time", "schedule", {"starts_at": "'2030-01-01 10:59:59Z'"}),
    (
        "one_live_schedule_per_interview",
        "schedule",
        {
            "interview": "(SELECT interview FROM schedule LIMIT 1)",
            "starts_at": "'2031-01-01Z'",
            "ends_at": "'2031-01-02Z'",
        },
    ),
    ("one_session_per_schedule", "session", {"schedule": "(SELECT schedule FROM session)"}),
    ("session_closes_after_it_opens", "session", {"closes_at": "now()"}),
    ("sessions_are_entered_before_they_are_left", "session", {"left_at": "now()"}),
    ("audit_says_what_was_done", "audit_entry", {"action": "''"}),
    ("audit_says_who", "audit_entry", {"actor": "''"}),
    ("there_is_one_installation", "installation", {"id": "2"}),
]


async def _insert(table: str, **values: str) -> None:
    row = {**_BASES[table], **values}
    await db.fetch(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join(row.values())})")  # noqa: S608 (our own)


async def _some_possible_rows() -> None:
    await db.fetch("DELETE FROM installation")
    await _insert("candidate", email="'Asha@example.com'")
    await _insert("job", title="'Baker'")
    await _insert("interview", id="'00000000-0000-7000-8000-000000000001'")
    await _insert(
        "slot", interviewer_email="'i@example.com'", starts_at="'2030-01-01 10:00Z'", ends_at="'2030-01-01 11:00Z'"
    )
    await _insert(
        "schedule",
        interview="(SELECT id FROM interview)",
        starts_at="'2030-01-01 10:00Z'",
        ends_at="'2030-01-01 11:00Z'",
    )
    await _insert("session")
    await _insert("interview", id="'ffffffff-0000-7000-8000-000000000001'")


@pytest.mark.usefixtures("database")
async def test_each_impossible_row_is_refused_by_name() -> None:
    await _some_possible_rows()
    for constraint, table, values in IMPOSSIBLE:
        with pytest.raises(asyncpg.IntegrityConstraintViolationError) as refused:
            await _insert(table, **values)
        assert refused.value.constraint_name == constraint
    for table in _BASES:
        await _insert(table)  # the rest of each impossible row was possible


@pytest.mark.usefixtures("database")
async def test_every_constraint_and_unique_index_is_among_the_impossible_rows() -> None:
    rows = await db.fetch(
        """
        SELECT conname AS name FROM pg_constraint
        WHERE contype IN ('c', 'u', 'x') AND conrelid::regclass::text = ANY($1)
        UNION SELECT indexrelid::regclass::text FROM pg_index
        WHERE indisunique AND NOT indisprimary AND indrelid::regclass::text = ANY($1)
        """,
        list(_BASES),
    )
    assert {row["name"] for row in rows} == {constraint for constraint, _, _ in IMPOSSIBLE}


@pytest.mark.usefixtures("database")
async def test_what_touches_does_not_overlap_and_what_ended_is_in_nobodys_way() -> None:
    await _some_possible_rows()
    await _insert("slot", interviewer_email="'i@example.com'", starts_at="'2030-01-01 11:00Z'")
    await _insert("slot", **_WITH_INTERVIEWER, withdrawn_at="now()")
    await _insert("slot", starts_at="'2030-01-01 10:30Z'")
    await _insert("schedule", starts_at="'2030-01-01 10:30Z'", state="'cancelled'")
    await _insert("schedule", interview="(SELECT interview FROM schedule LIMIT 1)", state="'cancelled'")


@pytest.mark.usefixtures("database")
async def test_constraint_names_are_unique_in_the_whole_database() -> None:
    rows = await db.fetch(
        "SELECT conname FROM pg_constraint WHERE connamespace = 'public'::regnamespace GROUP BY 1 HAVING count(*) > 1"
    )
    assert rows == []
