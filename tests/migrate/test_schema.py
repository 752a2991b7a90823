"""What this code needs of the schema, and how it is told that something is missing or different."""

from urllib.parse import quote

import asyncpg
import httpx
import pytest
from release.schema_file import text_of_expected

from doctor.test_examination import at_level
from hireloop import db, migrate
from hireloop.doctor import database as examined
from hireloop.errors import DatabaseNotReady
from hireloop.migrate import Readiness, schema
from hireloop.migrate.privileges import NEEDED
from hireloop.migrate.schema import EXPECTED, compare, sentence_of
from hireloop.notify.diagnosis.findings import Level
from hireloop.settings import Settings
from migrate.factories import NEXT_VERSION
from migrate.roles import role_with
from sample_settings import settings_for
from servers.databases import as_owner

# What somebody may have done to a database by hand, and the difference in words.
DIFFERENT = {
    "another type": (
        "ALTER TABLE delivery ALTER COLUMN last_reply TYPE varchar(2000)",
        "column delivery.last_reply is `character varying(2000)` instead of `text`",
    ),
    "a column dropped": ("ALTER TABLE worker DROP COLUMN base_url", "column worker.base_url is missing"),
    "a column renamed": (
        "ALTER TABLE session RENAME closes_at TO ends_at",
        "column session.closes_at is missing; column session.ends_at is",
    ),
    "NOT NULL added": (
        "ALTER TABLE candidate ALTER COLUMN locale SET NOT NULL",
        "column candidate.locale is `text, not null` instead of `text`",
    ),
    "NOT NULL dropped": (
        "ALTER TABLE delivery ALTER COLUMN due_at DROP NOT NULL",
        "column delivery.due_at is `timestamp with time zone` instead of `timestamp with time zone, not null`",
    ),
    "a trigger dropped": (
        "DROP TRIGGER audit_is_append_only ON audit_entry",
        "trigger audit_entry.audit_is_append_only is missing",
    ),
    "a trigger disabled": (
        "ALTER TABLE attempt DISABLE TRIGGER erased_attempts_keep_no_words",
        "trigger attempt.erased_attempts_keep_no_words is missing",
    ),
    "a trigger that fires for replicas only": (
        "ALTER TABLE attempt ENABLE REPLICA TRIGGER erased_attempts_keep_no_words",
        "trigger attempt.erased_attempts_keep_no_words is missing",
    ),
    "a default dropped": (
        "ALTER TABLE delivery ALTER COLUMN returned_count DROP DEFAULT",
        "default delivery.returned_count is missing",
    ),
    "an index dropped": (
        "DROP INDEX deliveries_still_to_send",
        "index delivery.deliveries_still_to_send is missing",
    ),
    "a constraint dropped": (
        "ALTER TABLE schedule DROP CONSTRAINT candidate_has_one_interview_at_a_time",
        "constraint schedule.candidate_has_one_interview_at_a_time is missing",
    ),
    "a table dropped": ("DROP TABLE kept_address", "table kept_address is missing)"),
    "a function dropped": (
        "ALTER FUNCTION invitation_state RENAME TO state_of_invitation",
        "function invitation_state(uuid, integer, timestamp with time zone) is missing",
    ),
    "a table that a crash empties": (
        "ALTER TABLE channel_rate SET UNLOGGED",
        "table channel_rate is `unlogged` instead of `there`",
    ),
    "a view dropped": ("ALTER VIEW invitation RENAME TO invitations", "view invitation is missing)"),
    "a column that INSERTs leave out": (
        "ALTER TABLE job ADD COLUMN team text NOT NULL",
        "column job.team is unknown to this version, and is NOT NULL without a default",
    ),
    "a column of a domain that INSERTs leave out": (
        "DO $$ BEGIN CREATE DOMAIN named AS text NOT NULL; ALTER TABLE job ADD COLUMN team named; END $$",
        "column job.team is unknown to this version, and is NOT NULL without a default",
    ),
}
EVERY_DIFFERENCE = pytest.mark.parametrize(("statement", "phrase"), DIFFERENT.values(), ids=DIFFERENT)
REFUSED = "The database schema does not match what this version of HireLoop needs ("


@EVERY_DIFFERENCE
async def test_a_difference_is_refused_by_name(
    database_url: str, settings: Settings, statement: str, phrase: str
) -> None:
    async with db.opened(database_url):
        await db.fetch(statement)
        for work in (migrate.check(settings), migrate.migrate(settings)):
            with pytest.raises(DatabaseNotReady) as refused:
                await work
            assert str(refused.value).startswith(REFUSED)
            assert phrase in str(refused.value)
        [reason] = await Readiness().faults()
        assert phrase in reason
    visit = await examined.examine(settings, [])
    [(check, cause, fix)] = at_level(list(visit.findings.values()), Level.FAILURE)
    assert (check, phrase in cause) == ("migrations", True)
    assert fix == "Correct it, or check that DATABASE_URL and the search_path of its role lead to the right schema."


@pytest.mark.usefixtures("database")
async def test_a_schema_that_this_code_has_migrated_is_what_it_needs(settings: Settings) -> None:
    assert await migrate.differences() == ""
    assert await Readiness().faults() == []
    await migrate.check(settings)


@pytest.mark.usefixtures("database")
async def test_a_table_that_hides_rows_from_our_role_is_refused_and_one_that_does_not_is_allowed() -> None:
    await db.fetch("ALTER TABLE attempt ENABLE ROW LEVEL SECURITY")  # which its owner, as we are here, is not under
    assert await migrate.differences() == ""
    await db.fetch("ALTER TABLE attempt FORCE ROW LEVEL SECURITY")
    assert "(table attempt is `there, with row-level security` instead of `there`)" in await migrate.differences()


@pytest.mark.usefixtures("database")
async def test_the_file_is_what_the_migrations_make() -> None:
    assert await text_of_expected() == EXPECTED.read_text("utf-8"), "run `make schema`"


@pytest.mark.usefixtures("database")
async def test_what_the_next_version_adds_is_allowed(settings: Settings) -> None:
    for statement in NEXT_VERSION:
        await db.fetch(statement)
    await migrate.check(settings)
    assert await migrate.migrate(settings) == []
    assert await Readiness().faults() == []


async def test_a_serving_process_is_not_ready_until_the_difference_is_gone(
    user: httpx.AsyncClient, database_url: str
) -> None:
    await as_owner(database_url, "ALTER TABLE worker RENAME base_url TO link")
    answered = await user.get("/health/ready")
    assert answered.status_code == 503
    [reason] = answered.json()["reasons"]
    assert "column worker.base_url is missing" in reason
    await as_owner(database_url, "ALTER TABLE worker RENAME link TO base_url")
    assert (await user.get("/health/ready")).status_code == 200


@pytest.mark.usefixtures("database")
async def test_a_success_is_remembered_for_a_moment_and_a_failure_is_not() -> None:
    readiness = Readiness(seconds=60)
    assert await readiness.faults() == []
    await db.fetch("ALTER TABLE worker RENAME base_url TO link")
    assert await readiness.faults() == []
    fresh = Readiness(seconds=60)
    assert len(await fresh.faults()) == 1
    await db.fetch("ALTER TABLE worker RENAME link TO base_url")
    assert await fresh.faults() == []


async def test_a_role_that_may_only_read_and_write_rows_can_check(database_url: str, settings: Settings) -> None:
    async with role_with(database_url, NEEDED) as url, db.opened(url, pool_size=1):
        await migrate.check(settings)
        owner = await asyncpg.connect(database_url)
        await owner.execute("DROP TRIGGER audit_is_append_only ON audit_entry")
        await owner.close()
        with pytest.raises(DatabaseNotReady, match=r"trigger audit_entry\.audit_is_append_only is missing"):
            await migrate.check(settings)


async def test_another_schema_than_public_works_and_is_named_to_those_who_do_not_find_it(empty_url: str) -> None:
    settings = settings_for(empty_url)
    async with db.opened(empty_url, pool_size=1):
        await db.fetch("CREATE SCHEMA hiring")
    async with db.opened(f"{empty_url}&search_path={quote('hiring,public')}", pool_size=1):
        assert len(await migrate.migrate(settings)) == len(schema.expected().migrations)
        await migrate.check(settings)
        assert await db.fetch_value("SELECT to_regclass('hiring.delivery') IS NOT NULL")
    async with db.opened(empty_url, pool_size=1):
        with pytest.raises(
            DatabaseNotReady, match=r"its schema hiring, which is not in the search_path, contains tables"
        ):
            await migrate.check(settings)


async def test_an_older_postgresql_gives_the_same_file_and_the_same_differences(older_url: str) -> None:
    settings = settings_for(older_url)
    async with db.opened(older_url, pool_size=1):
        assert await db.fetch_value("SELECT current_setting('server_version_num')::int / 10000") < 18
        await migrate.migrate(settings)
        assert await text_of_expected() == EXPECTED.read_text("utf-8")
        for statement, phrase in DIFFERENT.values():
            async with db.DB.transaction() as changed:
                await db.fetch(statement)
                assert phrase in await migrate.differences()
                await changed.rollback()  # type: ignore[no-untyped-call] # Piccolo's


def test_what_a_missing_table_holds_is_not_named_beside_it() -> None:
    needed = {"column a.x": "text", "constraint a.c": "check", "table a": "there", "table ab": "there"}
    assert compare(needed, {"table ab": "there"}, []) == ["table a is missing"]


def test_a_message_names_five_differences_and_counts_the_rest() -> None:
    phrases = [f"column a.{n} is missing" for n in range(7)]
    assert sentence_of(phrases).startswith(f"{REFUSED}{'; '.join(phrases[:5])}; and 2 more). ")
