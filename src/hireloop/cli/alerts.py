"""`hireloop alerts`: what operators are alerted to, and whether an alert has reached anyone."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import click

from hireloop.cli.database import find, run
from hireloop.cli.times import TimeParameter, moment
from hireloop.notify.deliveries import alert_records
from hireloop.notify.deliveries.alert_records import (
    Acknowledgement,
    AlertDeliveryView,
    AlertFilter,
    AlertState,
    AlertView,
)
from hireloop.notify.deliveries.deliveries import mask
from hireloop.notify.messages import AlertCause
from hireloop.notify.reasons import sentence_of
from hireloop.notify.transports.replies import printable
from hireloop.scheduling.audit import COMMAND_LINE
from hireloop.settings import Settings
from hireloop.web.audit_notes import acknowledgement_note
from hireloop.wording.plain_text import counted


@click.group()
def alerts() -> None:
    """Show alerts and whether they have reached anyone, and acknowledge them."""


@alerts.command("list")
@click.option("--state", type=click.Choice([state.value for state in AlertState]))
@click.option("--cause", type=click.Choice([cause.value for cause in AlertCause]))
@click.option("--schedule", type=click.UUID, help="The ID of a booking.")
@click.option("--since", type=TimeParameter(), help="Created at or after, such as 2026-12-01T10:00:00+05:30.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1000))
def alerts_list(
    *, state: str | None, cause: str | None, schedule: UUID | None, since: datetime | None, limit: int
) -> None:
    """List alerts, newest first: ID, state, cause, creation time, channel, booking, reason."""
    only = AlertFilter(state=state, cause=cause, schedule=schedule, since=since)
    found = run(lambda _: alert_records.page(only, limit=limit + 1, after=None))
    for one in found[:limit]:
        click.echo(
            f"{one.id}  {one.state.value:<12}  {one.cause.value:<7}  {moment(one.created_at)}  {one.channel:<8}  "
            f"{one.schedule or '-'}  {one.reason or ''}"
        )
    if len(found) > limit:
        click.echo("There are more alerts. Raise --limit, or filter them.", err=True)


@alerts.command("show")
@click.argument("ident", type=click.UUID)
def alerts_show(*, ident: UUID) -> None:
    """Show one alert: what it is about, what to do, and where it was sent."""
    alert, deliveries = find("alert", ident, lambda _: alert_records.find(ident))
    for line in [*_alert_lines(alert), *(_delivery_line(delivery) for delivery in deliveries)]:
        click.echo(line)
    if not deliveries:
        click.echo("  nobody: there is no chat channel, the job has no recruiter_email, and ALERT_EMAIL is not set")


@alerts.command("acknowledge")
@click.argument("ident", required=False, type=click.UUID)
@click.option("--all", "every", is_flag=True, help="Acknowledge every alert that has not reached anyone.")
def alerts_acknowledge(*, ident: UUID | None, every: bool) -> None:
    """Acknowledge an alert, so that it no longer counts as unheard. This is recorded in the audit log."""
    if (ident is None) is not every:
        msg = "Give either the ID of an alert or --all."
        raise click.UsageError(msg)
    if ident is None:
        done = run(_acknowledge_all)
        click.echo(f"{len(done)} acknowledged.")
        return
    is_new = run(
        lambda _: alert_records.acknowledge(ident, by=COMMAND_LINE.name, note=acknowledgement_note(COMMAND_LINE))
    )
    click.echo("Acknowledged." if is_new else "Nothing to do: it has already been acknowledged, or is over.")


async def _acknowledge_all(_settings: Settings) -> Sequence[Acknowledgement]:
    return await alert_records.acknowledge_all(by=COMMAND_LINE.name, note=acknowledgement_note(COMMAND_LINE))


def _alert_lines(alert: AlertView) -> list[str]:
    message = alert.message
    since = f" since {moment(alert.unheard_since)}" if alert.unheard_since else ""
    by = f" by {alert.acknowledged_by}" if alert.state is AlertState.ACKNOWLEDGED else ""
    is_of_a_channel = alert.cause is AlertCause.HELD
    what = f"channel {alert.channel}" if is_of_a_channel else f"{message.about or 'message'} on {alert.channel}"
    lines = [f"{alert.cause.value}: {what}, created {moment(alert.created_at)}: {alert.state.value}{by}{since}"]
    if alert.schedule:
        lines.append(f"schedule {alert.schedule}, revision {alert.revision}, delivery {alert.delivery}")
    elif not is_of_a_channel:
        lines.append(f"delivery {alert.delivery}")
    if message.candidates:
        start = f", {moment(message.starts_at)}" if message.starts_at else ""
        lines.append(printable(f"{message.candidates}, {message.job_title} at {message.company}{start}"))
    if message.others:
        others = counted(message.others, "other delivery", "other deliveries")
        lines.append(f"and {others} with the same reason")
    if alert.reason:
        lines.append(f"{alert.reason}: {sentence_of(alert.reason)}")
    return [*lines, f"next: {alert.next_step.sentence}"]


def _delivery_line(delivery: AlertDeliveryView) -> str:
    why = f" ({delivery.last_reason})" if delivery.last_reason else ""
    to = f"{delivery.channel} to {mask(delivery.recipient)}"
    line = f"  {moment(delivery.created_at)} {to}: {delivery.state.value}{why}"
    return printable(f"{line} {delivery.last_reply or ''}").rstrip()
