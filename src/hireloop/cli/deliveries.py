"""`hireloop deliveries` and `hireloop ledger`: what was sent, what failed and why, and the proof."""

import sys
from uuid import UUID

import click

from hireloop.api.deliveries import mask
from hireloop.cli.database import run
from hireloop.cli.words import moment
from hireloop.notify import deliveries as notify_deliveries
from hireloop.notify import ledger as notify_ledger
from hireloop.notify import routing
from hireloop.notify.deliveries import AttemptView, DeliveryView, Filter
from hireloop.notify.reasons import sentence_of
from hireloop.notify.tables import DeliveryState


@click.group()
def deliveries() -> None:
    """Show what was sent, what failed and why."""


@deliveries.command("list")
@click.option("--state", type=click.Choice([state.value for state in DeliveryState]))
@click.option("--reason", help="a slug, such as connection_refused")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1000))
def deliveries_list(*, state: str | None, reason: str | None, limit: int) -> None:
    """List deliveries, newest first: id, state, tries, kind, channel, recipient, reason."""
    wanted = Filter(state=state, reason=reason)
    for one in run(lambda ours: notify_deliveries.page(wanted, routing.channels(ours), limit=limit, after=None)):
        click.echo(
            f"{one.id}  {one.state:<10}  {one.attempt_count:>3}  {one.kind:<12}  {one.channel:<8}  "
            f"{mask(one.recipient)}  {one.last_reason or ''}"
        )


@deliveries.command("show")
@click.argument("ident", type=click.UUID)
def deliveries_show(*, ident: UUID) -> None:
    """Show one delivery with every try and the other side's words."""
    delivery, attempts = run(lambda ours: notify_deliveries.find(ident, routing.channels(ours)))
    for line in _delivery_lines(delivery):
        click.echo(line)
    for attempt in attempts:
        click.echo(_attempt_line(attempt))


@click.command("ledger")
def ledger_() -> None:
    """Prove that every booking has its deliveries; exit 1 if one has not."""
    proof = run(lambda _: notify_ledger.read())
    for state, count in sorted(proof.counts.items()):
        click.echo(f"{state}: {count}")
    click.echo(f"unaccounted: {proof.unaccounted}")
    sys.exit(1 if proof.unaccounted else 0)


def _delivery_lines(delivery: DeliveryView) -> list[str]:
    due = f", due {moment(delivery.due_at)}" if delivery.state == "pending" else ""
    lines = [
        f"{delivery.kind} to {mask(delivery.recipient)} on {delivery.channel}: {delivery.state.value}{due}",
        f"schedule {delivery.schedule}, revision {delivery.revision}, useful until {moment(delivery.deadline_at)}",
        f"Message-ID {delivery.message_id}, trace {delivery.traceparent[3:35]}",
    ]
    if delivery.last_reason:
        lines.append(f"{delivery.last_reason}: {sentence_of(delivery.last_reason)}")
    return lines


def _attempt_line(attempt: AttemptView) -> str:
    said = " ".join(str(part) for part in (attempt.phase, attempt.code, attempt.enhanced_code) if part is not None)
    outcome = attempt.outcome.value if attempt.outcome else "under way"
    maybe = " (may have been accepted)" if attempt.maybe_accepted else ""
    line = f"  {attempt.number}. {moment(attempt.started_at)} {outcome}{maybe}: {said} {attempt.reply or ''}"
    return "".join(letter if letter.isprintable() else " " for letter in line).rstrip()  # no remote escape codes
