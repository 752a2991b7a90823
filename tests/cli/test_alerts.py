"""`hireloop alerts`: what nobody has heard of, acknowledged from the command line."""

from uuid import UUID, uuid4

import pytest

from factories import outbox_of
from hireloop import db
from hireloop.scheduling import audit
from hireloop.scheduling.audit import Action, AuditFilter
from notify.factories import ALERTING_MAIL, alerted
from processes import environment
from test_cli import hireloop

pytestmark = pytest.mark.usefixtures("database")


def alerts(*arguments: str, url: str) -> tuple[int, list[str], str]:
    """Run the command to its end; return its exit code, and what it said."""
    ran = hireloop("alerts", *arguments, env=environment(url))
    return ran.returncode, ran.stdout.splitlines(), ran.stderr


async def acknowledged() -> list[UUID]:
    entries = await audit.page(AuditFilter(action=Action.ALERT_ACKNOWLEDGED), limit=9, after=None)
    assert {entry.actor for entry in entries} <= {"the command line"}
    return [entry.subject for entry in entries]


async def test_what_nobody_has_heard_of_is_listed_shown_and_acknowledged(database_url: str) -> None:
    alert = await alerted()
    _, (line,), _ = alerts("list", "--state", "unheard", url=database_url)
    assert line.startswith(f"{alert}  unheard       failed ")
    _, said, _ = alerts("show", str(alert), url=database_url)
    assert "Asha Rao, Backend Engineer at Example Labs" in said[2]
    assert "recipient_unknown: The recipient's address does not exist." in said
    assert (
        "next: Correct the candidate's address, so that a new invitation is sent to it, or call the candidate." in said
    )
    assert said[-1].startswith("  nobody: there is no chat channel")
    assert alerts("acknowledge", str(alert), url=database_url) == (0, ["Acknowledged."], "")
    assert alerts("acknowledge", str(alert), url=database_url)[1] == [
        "Nothing to do: it has already been acknowledged, or is over."
    ]
    assert alerts("list", "--state", "unheard", url=database_url)[1] == []
    assert await acknowledged() == [alert]


async def test_all_that_nobody_has_heard_of_is_acknowledged_at_once_and_nothing_else(database_url: str) -> None:
    unheard = [await alerted(email=f"a{number}@example.com") for number in range(2)]
    heard = await alerted(email="heard@example.com", over=outbox_of(ALERTING_MAIL))
    delivery = await db.fetch_value("SELECT delivery FROM alert WHERE id = $1", heard)
    await db.fetch(
        "UPDATE alert SET unheard_since = NULL, heard_at = now(), heard_by = $2 WHERE id = $1", heard, delivery
    )
    assert alerts("acknowledge", "--all", url=database_url)[1] == ["2 acknowledged."]
    assert sorted(await acknowledged()) == sorted(unheard)


async def test_an_id_or_all_is_asked_for_and_an_unknown_id_is_refused(database_url: str) -> None:
    code, _, said = alerts("acknowledge", url=database_url)
    assert (code, "Give either the ID of an alert or --all." in said) == (2, True)
    assert alerts("acknowledge", str(uuid4()), "--all", url=database_url)[0] == 2
    unknown = uuid4()
    code, _, said = alerts("acknowledge", str(unknown), url=database_url)
    assert (code, f"There is no alert with the ID {unknown}." in said) == (1, True)
