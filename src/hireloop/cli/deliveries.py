"""`hireloop deliveries`: what was sent, what failed and why, and how to send it again."""

import sys
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TypeVar
from uuid import UUID

import click
import msgspec

from hireloop.cli.database import find, run
from hireloop.cli.times import TimeParameter, moment
from hireloop.notify.bounces import returned
from hireloop.notify.bounces.reading import mime
from hireloop.notify.bounces.returned import ReturnedView
from hireloop.notify.channels import configured
from hireloop.notify.deliveries import deliveries as notify_deliveries
from hireloop.notify.deliveries import replay
from hireloop.notify.deliveries.deliveries import AttemptView, DeliveryFilter, DeliveryView, mask
from hireloop.notify.deliveries.replay import ReplayFilter
from hireloop.notify.deliveries.skips import ReplayResult, Skip
from hireloop.notify.messages import KNOWN_KINDS
from hireloop.notify.reasons import sentence_of
from hireloop.notify.tables import DeliveryState
from hireloop.notify.transports.replies import printable
from hireloop.notify.worker import wakeup
from hireloop.scheduling.audit import COMMAND_LINE
from hireloop.settings import Settings
from hireloop.telemetry import spans
from hireloop.web.audit_notes import replay_note
from hireloop.wording.plain_text import counted

Command = TypeVar("Command", bound=Callable[..., None])

_KIND = max(map(len, KNOWN_KINDS))  # columns


class _Shown(msgspec.Struct, frozen=True, kw_only=True):
    delivery: DeliveryView
    attempts: list[AttemptView]
    returned: list[ReturnedView]
    mails: list[bytes]  # the kept ones


@click.group()
def deliveries() -> None:
    """Show what was sent and what failed, and send failed messages again."""


def _filter_options(command: Command) -> Command:
    """Add the options of a filter to a command."""
    for option in (
        click.option("--since", type=TimeParameter(), help="Created at or after, such as 2026-12-01T10:00:00+05:30."),
        click.option("--kind", help="A kind of message, such as invitation."),
        click.option("--channel", help="The name of a channel, such as email."),
        click.option("--reason", help="A reason, such as connection_refused."),
        click.option("--state", type=click.Choice([state.value for state in DeliveryState])),
    ):
        command = option(command)
    return command


@deliveries.command("list")
@_filter_options
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1000))
def deliveries_list(*, limit: int, **options: str | datetime | None) -> None:
    """List deliveries, newest first: ID, state, attempts, kind, channel, recipient, reason."""
    only = DeliveryFilter(**options)  # type: ignore[arg-type] # the options are its fields

    async def listed(ours: Settings) -> list[DeliveryView]:
        await notify_deliveries.check(only)
        return await notify_deliveries.page(only, configured.channels(ours), limit=limit + 1, after=None)

    found = run(listed)
    for one in found[:limit]:
        click.echo(
            f"{one.id}  {one.state:<10}  {one.attempt_count:>3}  {one.kind:<{_KIND}}  {one.channel:<8}  "
            f"{mask(one.recipient)}  {one.reason or ''}"
        )
    if len(found) > limit:
        click.echo("There are more deliveries. Raise --limit, or filter them.", err=True)


@deliveries.command("show")
@click.argument("ident", type=click.UUID)
@click.option("--returned", "with_mails", is_flag=True, help="Also show the emails that came back and were kept.")
def deliveries_show(*, ident: UUID, with_mails: bool) -> None:
    """Show one delivery with every attempt, the server's replies, and what came back."""
    found = find("delivery", ident, lambda ours: _found(ours, ident, with_mails=with_mails))
    for line in _delivery_lines(found.delivery):
        click.echo(line)
    for attempt in found.attempts:
        click.echo(_attempt_line(attempt))
    for mail in found.returned:
        click.echo(_returned_line(mail))
    for raw in found.mails:
        for line in mime.lines_of(raw):
            click.echo(f"  | {printable(line)}".rstrip())


async def _found(settings: Settings, ident: UUID, *, with_mails: bool) -> _Shown:
    delivery, attempts = await notify_deliveries.find(ident, configured.channels(settings))
    return _Shown(
        delivery=delivery,
        attempts=attempts,
        returned=(await returned.of_deliveries([ident])).get(ident, []),
        mails=await returned.mails_of(ident) if with_mails else [],
    )


@deliveries.command("replay")
@click.argument("idents", metavar="[ID]...", nargs=-1, type=click.UUID)
@_filter_options
@click.option("--limit", type=click.IntRange(1), help="The most deliveries to replay.")
@click.option("--dry-run", is_flag=True, help="Only show what would be replayed.")
def deliveries_replay(
    *, idents: tuple[UUID, ...], limit: int | None, dry_run: bool, **options: str | datetime | None
) -> None:
    """Send deliveries again: the ones with these IDs, or all that match the options, such as --reason policy_block.

    Deliveries that are superseded, past or still waiting are skipped. Exit 1 if a given ID cannot be replayed.
    """
    only = ReplayFilter(**options)  # type: ignore[arg-type] # the options are its fields
    if bool(idents) == replay.is_filtered(only):
        msg = "Give either IDs of deliveries, or at least one of --reason, --state, --channel, --kind and --since."
        raise click.UsageError(msg)
    if idents:
        only = ReplayFilter(ids=idents)
    results = run(lambda ours: _replayed(ours, only, at_most=limit, dry_run=dry_run))
    for line in _summary(results, dry_run=dry_run):
        click.echo(line)
    refused = [result for result in results if result.skip not in {None, Skip.PENDING}]
    missing = set(idents) - {result.id for result in results}
    for ident in missing:
        click.echo(f"There is no delivery with the ID {ident}.", err=True)
    sys.exit(1 if missing or (idents and refused) else 0)


async def _replayed(
    settings: Settings, only: ReplayFilter, *, at_most: int | None, dry_run: bool
) -> list[ReplayResult]:
    """Replay batch after batch, wake the workers, and show the progress on a terminal."""
    results: list[ReplayResult] = []
    channels, note = configured.channels(settings), replay_note(COMMAND_LINE)
    async for batch in replay.walk(only, channels, at_most=at_most, dry_run=dry_run, note=note):
        results += batch
        if dry_run or only.ids:
            for result in batch:
                click.echo(_result_line(result))
        if not dry_run:
            await wakeup.NOTIFY.run()
        if sys.stderr.isatty():
            click.echo(f"\r{len(results)} checked", nl=False, err=True)
    if sys.stderr.isatty():
        click.echo("\r\x1b[K", nl=False, err=True)
    return results


def _result_line(result: ReplayResult) -> str:
    then = "replay" if result.skip is None else f"skip: {result.skip.value}"
    return (
        f"{result.id}  {result.state:<10}  {result.kind:<{_KIND}}  {result.channel:<8}  {mask(result.recipient)}  "
        f"{result.reason or '-'}  {then}"
    )


def _summary(results: Iterable[ReplayResult], *, dry_run: bool) -> list[str]:
    counts = Counter(result.skip for result in results)
    replayed = counts.pop(None, 0)
    return [
        f"{replayed} would be replayed." if dry_run else f"{replayed} replayed.",
        *(f"{count} skipped, {skip.value}: {skip.sentence}" for skip, count in counts.items() if skip),
    ]


def _delivery_lines(delivery: DeliveryView) -> list[str]:
    due = f", due {moment(delivery.due_at)}" if delivery.state == "pending" else ""
    lines = [
        f"{delivery.kind} to {mask(delivery.recipient)} on {delivery.channel}: {delivery.state.value}{due}",
        f"{_subject(delivery)}, deadline {moment(delivery.deadline_at)}",
        f"Message-ID {delivery.message_id}, trace {spans.trace_id_of(delivery.traceparent)}",
    ]
    if delivery.why_superseded:
        lines.append(delivery.why_superseded)
    if delivery.reason:
        lines.append(f"{delivery.reason}: {sentence_of(delivery.reason)}")
    if delivery.last_reply:
        lines.append(printable(f"reply: {delivery.last_reply}"))
    if delivery.reported_by:
        lines.append(
            printable(f"reported by {delivery.reported_by} with an API key, and not confirmed by a returned email")
        )
    if delivery.returned_count:
        lines.append(counted(delivery.returned_count, "email came back.", "emails came back."))
    return lines


def _subject(delivery: DeliveryView) -> str:
    """Return what a delivery is about: a booking, a slot if it is for an interviewer, or a channel."""
    if delivery.slot is not None:
        return f"slot {delivery.slot}, revision {delivery.revision}"
    return f"schedule {delivery.schedule}, revision {delivery.revision}" if delivery.schedule else "no booking"


def _returned_line(mail: ReturnedView) -> str:
    claimed = f" (reported by {mail.reported_by})" if mail.reported_by else ""
    return printable(f"  came back {moment(mail.received_at)} {mail.kind}{claimed}: {mail.excerpt}").rstrip()


def _attempt_line(attempt: AttemptView) -> str:
    said = " ".join(str(part) for part in (attempt.phase, attempt.code, attempt.code_beside_reply) if part is not None)
    outcome = attempt.outcome.value if attempt.outcome else "in progress"
    maybe = " (may have been accepted)" if attempt.maybe_accepted else ""
    line = f"  {attempt.number}. {moment(attempt.started_at)} {outcome}{maybe}: {said} {attempt.reply or ''}"
    return printable(line).rstrip()
