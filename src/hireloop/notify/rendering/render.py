"""A message becomes a parcel: the words, the link and the calendar, for one recipient.

Everything slow was done before: templates are compiled once a process and language (`translations`), dates are
remembered (`times`). A message costs one pass of Jinja for each of its templates.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple, Self, TypedDict, TypeGuard, assert_never
from urllib.parse import quote
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from hireloop import session_keys
from hireloop.notify.messages import (
    KINDS,
    AlertMessage,
    CancelledMessage,
    DeclinedMessage,
    InterviewerCancellation,
    InterviewerMessage,
    InterviewerReminder,
    InterviewerUnreachableMessage,
    InvitationMessage,
    LateRequestMessage,
    Message,
    News,
    NewsMessage,
    NoShowMessage,
    RecruiterCopyMessage,
    ReminderMessage,
)
from hireloop.notify.next_steps import next_step
from hireloop.notify.rendering import calendar, entries, news, values, webhook_payload
from hireloop.notify.rendering.calendar import CalendarEvent
from hireloop.notify.rendering.translations import (
    attendees_wording,
    wording,
)
from hireloop.notify.rendering.values import Reader, Values
from hireloop.notify.transport import Channel, Parcel, title_of
from hireloop.settings import Settings
from hireloop.telemetry import variables
from hireloop.time_zones import zone_of
from hireloop.wording import languages, times
from hireloop.wording.plain_text import isolated


class _Said(NamedTuple):
    """What a message says, and what goes along with it."""

    values: Values
    reply_to: str | None = None
    data: bytes = b""


class _Calendar(TypedDict, total=False):
    calendar: bytes
    calendar_method: str


class Renderer:
    """Renders every kind of message; safe to use from many threads."""

    def __init__(
        self,
        *,
        secret: str,
        base_url: str,
        sender: str,
        fallback_sender: str | None = None,
        zone: ZoneInfo,
        locale: str = times.FALLBACK_LOCALE,
        trace_ui_url: str | None = None,
        channels: Iterable[Channel] = (),
    ) -> None:
        """Take what every message needs.

        `secret` mints the session keys, `base_url` is the portal's, `sender` is the address that mail is from, and the
        calendar's organizer if a job has no recruiter. `fallback_sender` is the address that mail through the fallback
        provider is from, the same by default. `zone` and `locale` are the recruiters' and the operators', and
        those of candidates who have told us none. `trace_ui_url` is Jaeger's address, for the link in alerts, which
        call the `channels` by their titles.
        """
        self._secret = secret
        self._base_url = base_url.rstrip("/")
        self._issuer = entries.issuer_of(base_url, sender)
        self._fallback_sender = fallback_sender or sender
        self._ours = Reader(zone, languages.reader_locale(locale))
        self._trace_ui_url = trace_ui_url
        self._channels = tuple(channels)
        for language in languages.LANGUAGES:  # a catalogue that cannot be read stops the start, not a message
            languages.catalogue(language)
        for kind in KINDS:  # compiled now, not at the first message
            wording(kind, languages.language_of(self._ours.locale))

    @classmethod
    def of(
        cls,
        settings: Settings,
        *,
        secret: str,
        locale: str | None = None,
        sender: str | None = None,
        fallback_sender: str | None = None,
        channels: Iterable[Channel] = (),
    ) -> Self:
        """Return the renderer of an installation.

        `locale` takes the place of DEFAULT_LOCALE, and each sender that of DEFAULT_FROM_EMAIL where a mail URL names
        one.
        """
        return cls(
            secret=secret,
            base_url=settings.base_url,
            sender=sender or settings.mail_sender.address,
            fallback_sender=fallback_sender,
            zone=settings.zone,
            locale=locale or settings.default_locale,
            trace_ui_url=variables.trace_ui(settings),
            channels=channels,
        )

    def render(
        self,
        message: Message,
        *,
        recipient: str,
        message_id: str,
        traceparent: str | None = None,
        invitation_state: str | None = None,
        references: tuple[str, ...] = (),
        by_fallback: bool = False,
        now: datetime | None = None,
    ) -> Parcel:
        """Return the parcel for this message; it may hold a fresh session key, so keep it out of logs and rows.

        `message_id` comes with its angle brackets, as do `references` (`threads`); `invitation_state` is the delivery
        state that a recruiter copy tells of; `by_fallback` says that the fallback provider sends it; `now`, the clock's
        by default, stamps the calendar.
        """
        now = now or datetime.now(UTC)
        reader = self._reader(message)
        language = languages.language_of(reader.locale)
        words = wording(message.kind, language)
        said = self._said(message, reader, invitation_state, now)
        in_text = isolated(said.values)
        subject = said.values["subject"] = words.subject.render(in_text).strip()
        event = self._event(message, recipient, in_text, language, now) if _has_calendar(message) else None
        if event and by_fallback:
            event = msgspec.structs.replace(event, sent_by=self._fallback_sender)
        return Parcel(
            recipient=recipient,
            kind=message.kind,
            subject=subject,
            text=words.text.render(in_text),
            links=values.links_in(said.values),
            html=words.html.render(said.values),
            message_id=message_id,
            references=references,
            **_calendar(event, is_off=_is_off(message)),
            reply_to=said.reply_to,
            headers=(("Traceparent", traceparent),) if traceparent else (),
            data=said.data,
        )

    def _reader(self, message: Message) -> Reader:
        """Return the candidate's or interviewer's clock and locale for what is theirs, and ours for all the rest."""
        if not isinstance(message, InvitationMessage | CancelledMessage | InterviewerMessage):
            return self._ours
        zone = zone_of(message.time_zone, self._ours.zone)
        return Reader(zone, languages.reader_locale(message.locale, self._ours.locale))

    def _said(self, message: Message, reader: Reader, invitation_state: str | None, now: datetime) -> _Said:
        match message:
            case InvitationMessage() | CancelledMessage() | InterviewerMessage():
                return self._to_party(message, reader, now)
            case RecruiterCopyMessage():
                page, url = self._booking_page(message.schedule_id), self._booking_url(message.schedule_id)
                said = values.of_copy(message, reader, booking_url=page, invitation_state=invitation_state)
                data = webhook_payload.of_copy(message, booking_url=url, invitation_state=invitation_state)
                return _Said(said, data=data)
            case NoShowMessage() | InterviewerUnreachableMessage():
                return self._of_slot(message, reader)
            case NewsMessage():
                return self._of_news(message, reader)
            case AlertMessage():
                if not message.trace_id.strip("0"):  # an invalid id: nothing was traced (W3C Trace Context, 3.2.2.3)
                    message = msgspec.structs.replace(message, trace_id="")
                page = self._booking_page(message.schedule_id) if message.schedule_id else ""
                url = self._booking_url(message.schedule_id) if message.schedule_id else ""
                trace = self._trace_url(message.trace_id)
                step = next_step(message, now=now)
                called = msgspec.structs.replace(message, channel=title_of(message.channel, self._channels))
                said = values.of_alert(called, reader, booking_url=page, trace_url=trace, next_step=step)
                return _Said(said, data=webhook_payload.of_alert(message, booking_url=url, next_step=step))
            case _:
                assert_never(message)

    def _to_party(
        self, message: InvitationMessage | CancelledMessage | InterviewerMessage, reader: Reader, now: datetime
    ) -> _Said:
        """Return what a candidate or an interviewer hears; a reply goes to the recruiter."""
        match message:
            case InvitationMessage():
                key = session_keys.mint(self._secret, message.session_id, message.key_version)
                url = session_keys.portal_url(self._base_url, key)
                said = values.of_invitation(message, reader, portal_url=url, now=now)
            case CancelledMessage():
                said = values.of_cancellation(message, reader)
            case InterviewerMessage():
                said = values.of_interviewer(message, reader, base_url=self._base_url, now=now)
                said["whom"] = attendees_wording(languages.language_of(reader.locale)).render(isolated(said))
        return _Said(said, message.recruiter_email)

    def _of_news(self, message: News, reader: Reader) -> _Said:
        """Return what is said of a booking; a reply to what the candidate has asked or done goes to the candidate."""
        page, url = self._booking_page(message.schedule_id), self._booking_url(message.schedule_id)
        is_theirs = isinstance(message, LateRequestMessage | DeclinedMessage)
        return _Said(
            news.of_news(message, reader, booking_url=page),
            message.candidate_email if is_theirs else None,
            webhook_payload.of_news(message, booking_url=url),
        )

    def _of_slot(self, message: NoShowMessage | InterviewerUnreachableMessage, reader: Reader) -> _Said:
        """Return what is said of a slot, or of one booking in it; a reply about one candidate goes to them."""
        day = message.starts_at.astimezone(reader.zone).date().isoformat()
        page, url = f"{self._base_url}/console/?day={day}", None
        if message.schedule_id is not None:
            page, url = self._booking_page(message.schedule_id), self._booking_url(message.schedule_id)
        if isinstance(message, InterviewerUnreachableMessage):
            data = webhook_payload.of_interviewer_unreachable(message, booking_url=url)
            return _Said(news.of_interviewer_unreachable(message, reader, url=page), data=data)
        said = news.of_no_show(message, reader, url=page)
        if url is None or not message.missed:  # of several, or the only one was erased since
            return _Said(said)
        (missed,) = message.missed
        return _Said(said, missed.candidate_email, webhook_payload.of_no_show(message, missed, booking_url=url))

    def _booking_page(self, schedule_id: UUID) -> str:
        return values.booking_page(self._base_url, schedule_id)

    def _booking_url(self, schedule_id: UUID) -> str:
        """Return where a program reads a booking, with an API key."""
        return f"{self._base_url}/api/interviews/schedules/{schedule_id}/"

    def _trace_url(self, trace_id: str) -> str:
        return f"{self._trace_ui_url.rstrip('/')}/trace/{quote(trace_id)}" if self._trace_ui_url and trace_id else ""

    def _event(
        self,
        message: InvitationMessage | CancelledMessage | InterviewerMessage,
        recipient: str,
        said: Values,
        language: str,
        now: datetime,
    ) -> CalendarEvent:
        if isinstance(message, InterviewerMessage):
            pages = [values.booking_page(self._base_url, one.schedule_id) for one in message.attendees]
            url = pages[0] if len(pages) == 1 and not _is_off(message) else ""
            return entries.of_slot(
                message, said, self._issuer, url=url, recipient=recipient, language=language, now=now
            )
        return entries.of_booking(message, said, self._issuer, recipient=recipient, language=language, now=now)


def _calendar(event: CalendarEvent | None, *, is_off: bool) -> _Calendar:
    if event is None:
        return {}
    if is_off:
        return {"calendar": calendar.cancel(event), "calendar_method": "CANCEL"}
    return {"calendar": calendar.invitation(event), "calendar_method": calendar.invitation_method(event)}


def _is_off(message: Message | InterviewerMessage) -> bool:
    """Return whether the message takes the interview out of its reader's calendar."""
    return isinstance(message, CancelledMessage | InterviewerCancellation)


def _has_calendar(message: Message) -> TypeGuard[InvitationMessage | CancelledMessage | InterviewerMessage]:
    """Return whether the message changes its reader's calendar; a reminder finds it as it should be."""
    changes = isinstance(message, InvitationMessage | CancelledMessage | InterviewerMessage)
    return changes and not isinstance(message, ReminderMessage | InterviewerReminder)
