"""`hireloop deliveries`: lists that are filtered, and what is sent again from the command line."""

from datetime import UTC, datetime
from uuid import UUID

import click
import pytest
from click.testing import CliRunner

from factories import book
from hireloop import db
from hireloop.cli.deliveries import deliveries
from hireloop.cli.times import TimeParameter
from hireloop.notify.bounces import bounces
from hireloop.notify.bounces.reading.delivery_report import DeliveryReport, MailAction
from hireloop.notify.bounces.return_path import ReturnPath
from hireloop.notify.deliveries.skips import Skip
from hireloop.scheduling import audit
from notify.factories import mailed
from processes import environment
from sample_settings import SECRET
from test_cli import hireloop


async def _rejected() -> UUID:
    """Book, and let the invitation be rejected; return its delivery's id."""
    booked = await book()
    (delivery,) = booked.deliveries
    await db.fetch("UPDATE delivery SET state = 'rejected', last_reason = 'policy_block' WHERE id = $1", delivery.id)
    return delivery.id


def _deliveries(*arguments: str, url: str) -> tuple[int, list[str], list[str]]:
    """Run the command to its end; return its exit code and the lines that it said."""
    ran = hireloop("deliveries", *arguments, env=environment(url))
    return ran.returncode, ran.stdout.splitlines(), ran.stderr.splitlines()


async def _states() -> list[str]:
    return [row["state"] for row in await db.fetch("SELECT state FROM delivery ORDER BY id")]


@pytest.mark.usefixtures("database")
async def test_a_list_that_is_cut_off_says_so(database_url: str) -> None:
    for _ in range(2):
        await _rejected()
    code, lines, said = _deliveries("list", "--limit", "1", url=database_url)
    assert (code, len(lines), said) == (0, 1, ["There are more deliveries. Raise --limit, or filter them."])
    assert _deliveries("list", "--limit", "2", url=database_url)[2] == []


@pytest.mark.usefixtures("database")
async def test_by_cause_a_dry_run_names_each_and_the_run_counts_them(database_url: str) -> None:
    first, second = await _rejected(), await _rejected()
    await db.fetch("UPDATE delivery SET state = 'superseded' WHERE id = $1", first)
    by_cause = (
        "--reason",
        "policy_block",
        "--channel",
        "email",
        "--kind",
        "invitation",
        "--since",
        "2026-01-01T00:00Z",
    )
    skipped = f"1 skipped, superseded: {Skip.SUPERSEDED.sentence}"
    code, said, warned = _deliveries("replay", *by_cause, "--dry-run", url=database_url)
    assert (code, warned) == (0, [])
    assert [line.split()[0] for line in said[:2]] == [str(first), str(second)]
    assert [line.rpartition("  ")[2] for line in said[:2]] == ["skip: superseded", "replay"]
    assert "a…@example.com" in said[1]
    assert said[2:] == ["1 would be replayed.", skipped]
    assert await _states() == ["superseded", "rejected"]
    assert _deliveries("replay", *by_cause, url=database_url) == (0, ["1 replayed.", skipped], [])
    assert await _states() == ["superseded", "pending"]
    (entry,) = await audit.page(audit.AuditFilter(action=audit.Action.DELIVERY_REPLAYED), limit=9, after=None)
    assert (entry.subject, entry.actor) == (second, "the command line")


@pytest.mark.usefixtures("database")
async def test_by_id_each_is_named_and_one_that_cannot_be_is_exit_1(database_url: str) -> None:
    moved, kept = await _rejected(), await _rejected()
    await db.fetch("UPDATE schedule SET revision = 2 WHERE id = (SELECT schedule FROM delivery WHERE id = $1)", moved)
    code, said, _ = _deliveries("replay", str(kept), str(moved), url=database_url)
    assert code == 1
    assert [line.rpartition("  ")[2] for line in said[:2]] == ["skip: superseded", "replay"]
    assert await _states() == ["rejected", "pending"]
    code, said, _ = _deliveries("replay", str(kept), url=database_url)
    assert (code, said[1:]) == (0, ["0 replayed.", f"1 skipped, pending: {Skip.PENDING.sentence}"])
    nobody = str(UUID(int=7))
    assert _deliveries("replay", nobody, url=database_url) == (
        1,
        ["0 replayed."],
        [f"There is no delivery with the ID {nobody}."],
    )


@pytest.mark.usefixtures("database")
async def test_a_list_is_filtered_as_a_replay_is(database_url: str) -> None:
    ident = await _rejected()
    (line,) = _deliveries("list", "--reason", "policy_block", "--kind", "invitation", url=database_url)[1]
    assert line.startswith(f"{ident}  rejected")
    assert _deliveries("list", "--channel", "chat", url=database_url) == (0, [], [])


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--dry-run"],
        [str(UUID(int=7)), "--state", "rejected"],
        ["--state", "lost"],
        ["--since", "yesterday"],
        ["--since", "2026-12-01T10:00:00"],
        ["--since", "0001-01-01T00:00:00+05:30"],
        ["--reason", "x", "--limit", "0"],
        ["seven"],
    ],
)
def test_a_replay_of_everything_or_of_nothing_known_is_wrong_usage(arguments: list[str]) -> None:
    ran = CliRunner().invoke(deliveries, ["replay", *arguments])
    assert ran.exit_code == 2
    assert "Error: " in ran.output


def test_a_moment_is_read_with_its_offset() -> None:
    read = TimeParameter()("2026-12-01T10:00:00+05:30")
    assert read == datetime(2026, 12, 1, 4, 30, tzinfo=UTC)
    with pytest.raises(click.BadParameter, match="offset"):
        TimeParameter()("2026-12-01T10:00:00")


@pytest.mark.usefixtures("database")
async def test_what_the_holder_of_a_key_says_of_a_bounce_is_shown_as_theirs(database_url: str) -> None:
    delivery = await mailed()
    said = DeliveryReport(
        action=MailAction.FAILED, status="5.1.1", message_ids=(f"<{delivery}@hire.example>",), diagnostic="no such user"
    )
    await bounces.record(said, ReturnPath("", [SECRET]), vouched=True, claimed_by="Rita")
    _, lines, _ = _deliveries("show", str(delivery), url=database_url)
    assert "reported by Rita with an API key, and not confirmed by a returned email" in lines
    assert any(line.endswith("failed (reported by Rita): no such user") for line in lines)


@pytest.mark.usefixtures("database")
async def test_what_did_not_have_to_be_sent_says_why(database_url: str) -> None:
    ident = await _rejected()
    await db.fetch(
        "UPDATE delivery SET state = 'superseded', last_reason = NULL, told_revision = 0 WHERE id = $1", ident
    )
    _, lines, _ = _deliveries("show", str(ident), url=database_url)
    assert "The recipient had not heard of the interview, so there was nothing to say." in lines
