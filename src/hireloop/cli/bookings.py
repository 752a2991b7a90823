"""`hireloop interviews`, `sessions` and `bookings`: who meets when, if the link works, and who was told what."""

from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from textwrap import wrap
from typing import TypeVar, assert_never
from uuid import UUID
from zoneinfo import ZoneInfo

import click
import msgspec

from hireloop.api.sessions import SessionDetails
from hireloop.cli import booking_view
from hireloop.cli.booking_view import BookingView, DeliveryOfBooking, InterviewView, RecipientOfBooking
from hireloop.cli.database import find
from hireloop.cli.times import moment
from hireloop.notify.deliveries.deliveries import why_superseded
from hireloop.notify.messages import Party
from hireloop.notify.reasons import sentence_of
from hireloop.notify.tables import DeliveryState
from hireloop.notify.transports.replies import printable
from hireloop.scheduling.sessions.sessions import SessionState
from hireloop.scheduling.tables import ScheduleState
from hireloop.settings import Settings
from hireloop.time_zones import zone_of
from hireloop.web.bookings.people import PersonResponse
from hireloop.web.bookings.response import HeadlineResponse, ScheduleResponse
from hireloop.wording.plain_text import counted

Command = TypeVar("Command", bound=Callable[..., None])
Read = Callable[[Settings, UUID], Awaitable[InterviewView]]

_WIDTH = 80
_NAMES = 12  # columns


def _show_options(command: Command) -> Command:
    """Add the argument and the option of `show` to a command."""
    as_json = click.option("--json", "as_json", is_flag=True, help="Print a JSON object, with the names of the API.")
    return click.argument("ident", metavar="ID", type=click.UUID)(as_json(command))


@click.group()
def interviews() -> None:
    """Show an interview with its candidate, its job and its bookings."""


@interviews.command("show")
@_show_options
def interviews_show(*, ident: UUID, as_json: bool) -> None:
    """Show one interview with all of its bookings: the current one, then the cancelled ones."""
    _show("interview", ident, booking_view.of_interview, as_json=as_json)


@click.group()
def sessions() -> None:
    """Show a session: when its link works, and what the candidate has done."""


@sessions.command("show")
@_show_options
def sessions_show(*, ident: UUID, as_json: bool) -> None:
    """Show one session with its booking, its interview, and the messages about them."""
    _show("session", ident, booking_view.of_session, as_json=as_json)


@click.group()
def bookings() -> None:
    """Show a booking: who meets about what and when, and who was told what."""


@bookings.command("show")
@_show_options
def bookings_show(*, ident: UUID, as_json: bool) -> None:
    """Show one booking with its session, its interview, and the messages about them."""
    _show("booking", ident, booking_view.of_booking, as_json=as_json)


def _show(what: str, ident: UUID, read: Read, *, as_json: bool) -> None:
    async def shown(settings: Settings) -> tuple[InterviewView, ZoneInfo]:
        return await read(settings, ident), settings.zone

    view, default_zone = find(what, ident, shown)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(view)).decode())
        return
    for line in lines_of(view, default_zone):
        click.echo(line)


def lines_of(view: InterviewView, default_zone: ZoneInfo) -> Iterator[str]:
    """Yield what people read, in lines of at most 80 characters; `default_zone` is that of somebody without one."""
    person, job = view.candidate, view.job
    name = person.full_name if person else "Erased candidate"
    zone = zone_of(person.time_zone if person else None, default_zone)
    yield from _wrapped("", f"{name}, {job.title} at {job.company}, round {view.interview.round}")
    yield from _wrapped("Interview", f"{view.interview.id} {view.interview.state.value}")
    yield from _wrapped("Candidate", str(person.id) if person else "erased")
    yield from _wrapped("Job", str(job.id))
    if person:
        resume = counted(len(person.resume_text), "character", "characters") if person.resume_text else "none"
        yield from _wrapped("Résumé", resume)
        yield from _wrapped("Language", person.locale or "not known")
    default = f"not known; DEFAULT_TIME_ZONE is {default_zone.key}"
    yield from _wrapped("Time zone", (person and person.time_zone) or default)
    yield from _wrapped("Coding in", job.coding_language or "not chosen")
    if not view.bookings:
        yield from ("", "Not booked.")
    for booking in view.bookings:
        yield ""
        yield from _booking_lines(booking, zone, is_erased=person is None)


def _booking_lines(booking: BookingView, zone: ZoneInfo, *, is_erased: bool) -> Iterator[str]:
    schedule, session = booking.schedule, booking.session
    yield from _wrapped("Booking", f"{schedule.id} {schedule.state.value}, revision {schedule.revision}")
    yield from _wrapped("Session", f"{session.id} {session.state.value}")
    yield from _headline_lines(schedule)
    for name, at in (
        ("Starts", schedule.starts_at),
        ("Ends", schedule.ends_at),
        ("Opens", session.opens_at),
        ("Closes", session.closes_at),
    ):
        yield from _wrapped(name, _both(at, zone))
    yield from _wrapped("Link", _link(booking, is_erased=is_erased))
    yield from _session_lines(session)
    if schedule.booking_notes:
        yield from _wrapped("Notes", schedule.booking_notes)
    for past in schedule.changes:
        why = f": {past.reason}" if past.reason else ""
        yield from _wrapped("Changed", f"{_utc(past.at)} {past.change.value} by {past.by}{why}")
    for place, someone in enumerate(schedule.people):
        yield from _wrapped("" if place else "People", _person(someone), indent=_NAMES)
    yield from _wrapped("Invitation", schedule.invitation.state.value)
    for warning in schedule.invitation.warnings:
        yield from _wrapped("Warning", warning)
    for told in booking.recipients:
        yield from ("", *_wrapped("", _heading(told)))
        for delivery in told.deliveries:
            yield from _delivery_lines(delivery, schedule.slot)
    if not booking.recipients:
        yield from ("", "No messages have been sent.")


def _session_lines(session: SessionDetails) -> Iterator[str]:
    """Yield what the candidate has checked and asked for, the latest first."""
    checks = [*([session.device_check] if session.device_check else []), *reversed(session.earlier_device_checks)]
    if not checks:
        yield from _wrapped("Devices", "not checked")
    for place, check in enumerate(checks):
        found = f"camera {check.camera}, microphone {check.microphone}, checked at {_utc(check.checked_at)}"
        yield from _wrapped("" if place else "Devices", found, indent=_NAMES)
    asked = [*([session.late_request] if session.late_request else []), *reversed(session.earlier_late_requests)]
    for place, request in enumerate(asked):
        yield from _wrapped("" if place else "Asked", f"for another time, at {_utc(request.asked_at)}", indent=_NAMES)


def _headline_lines(schedule: ScheduleResponse) -> Iterator[str]:
    """Yield what happened last to a booking, and what about it needs attention."""
    yield from _wrapped("Headline", _fact(schedule.headline))
    for place, fact in enumerate(schedule.attention):
        yield from _wrapped("" if place else "Attention", _fact(fact), indent=_NAMES)


def _fact(fact: HeadlineResponse) -> str:
    """Return what a booking's label says, and since when: the same words as in the console."""
    return f"{fact.text}, {_utc(fact.at)}"


def _person(person: PersonResponse) -> str:
    """Return who takes part in a booking, and whether they have been told of it."""
    who = f"former {person.party.value}" if person.former else person.party.value
    names = ", ".join(one for one in (person.name, person.address) if one) or "erased"
    return f"{who} {names}: {person.state.value}"


def _heading(told: RecipientOfBooking) -> str:
    """Return to whom messages are: a party of the booking, or a mailbox or a channel that gets copies or alerts."""
    parties = [party.value for party in Party if any(one.party is party for one in told.deliveries)]
    return f"Messages to {''.join(f'the {party}, ' for party in parties)}{told.recipient}"


def _link(booking: BookingView, *, is_erased: bool) -> str:
    """Return whether the candidate's link works, in words."""
    if is_erased:
        return "over: the candidate has been erased"
    if booking.schedule.state is ScheduleState.CANCELLED:
        return "over: the booking is cancelled"
    return _link_of(booking.session)


def _link_of(session: SessionDetails) -> str:
    match session.state:
        case SessionState.SCHEDULED:
            return f"works from {_utc(session.opens_at)}"
        case SessionState.ENTERED:
            return f"in use: the candidate entered at {_utc(session.entered_at)}"
        case SessionState.FINISHED:
            return f"over: the interview ended at {_utc(session.left_at)}"
        case SessionState.EXPIRED:
            return f"over: it closed at {_utc(session.closes_at)}, and nobody had entered"
        case SessionState.REVOKED:
            return f"revoked at {_utc(session.revoked_at)}"
    assert_never(session.state)


def _delivery_lines(delivery: DeliveryOfBooking, slot: UUID) -> Iterator[str]:
    """Yield one message; `slot` is the booking's."""
    state = f"{delivery.state.value}{_when(delivery)}"
    yield from _wrapped("", f"{delivery.kind} on {delivery.channel}, revision {delivery.revision}: {state}", indent=2)
    yield from _wrapped("", f"ID {delivery.id}", indent=4)
    if delivery.slot not in {None, slot}:
        yield from _wrapped("", f"about the slot that was left, {delivery.slot}", indent=4)
    if delivery.state is DeliveryState.SUPERSEDED:
        yield from _wrapped("", why_superseded(delivery.told_revision), indent=4)
    if delivery.last_reason:
        yield from _wrapped("", f"{delivery.last_reason}: {sentence_of(delivery.last_reason)}", indent=4)
    if delivery.last_reply:
        yield from _wrapped("", f"reply: {delivery.last_reply}", indent=4)
    if delivery.reported_by:
        said = f"reported by {delivery.reported_by} with an API key, and not confirmed by a returned email"
        yield from _wrapped("", said, indent=4)
    for mail in delivery.returned:
        claimed = f" (reported by {mail.reported_by})" if mail.reported_by else ""
        yield from _wrapped("", f"came back {_utc(mail.received_at)} {mail.kind}{claimed}: {mail.excerpt}", indent=4)


def _when(delivery: DeliveryOfBooking) -> str:
    """Return since when a delivery is what it is, or when it is due."""
    match delivery.state:
        case DeliveryState.PENDING:
            return f", due {_utc(delivery.next_attempt_at)}"
        case DeliveryState.SENT:
            return f" {_utc(delivery.sent_at)}"
        case DeliveryState.BOUNCED:
            return f" {_utc(delivery.bounced_at)}"
        case _:
            return ""


def _wrapped(name: str, text: str, *, indent: int = 0) -> list[str]:
    """Return a text beside its name, in lines that fit a terminal and hold no escape code."""
    begin = name.ljust(_NAMES) if name else " " * indent
    return wrap(
        printable(text),
        _WIDTH,
        initial_indent=begin,
        subsequent_indent=" " * (len(begin) if name else indent + 2),
        break_on_hyphens=False,
    )


def _both(at: datetime, zone: ZoneInfo) -> str:
    """Return a time on the candidate's clock and in UTC, such as `2026-12-01 10:00:00+05:30 (2026-12-01 04:30:00Z)`."""
    return f"{at.astimezone(zone).isoformat(' ', 'seconds')} ({_utc(at)})"


def _utc(at: datetime | None) -> str:
    return moment(at and at.astimezone(UTC))
