"""The history of a booking has every fact with its time, in the order of time, and who did it."""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import msgspec
import pytest

from api.factories import post_booking
from factories import TESTS, WINDOWS, make_slot, post_interview, rows, soon
from hireloop import db
from hireloop.notify.rendering import preview
from hireloop.notify.rendering.render import Renderer
from hireloop.scheduling import handovers
from hireloop.scheduling.audit import Action, AuditEntryDetails
from hireloop.scheduling.bookings import bookings, moves
from hireloop.scheduling.bookings.history import BookingChange, Move
from hireloop.scheduling.sessions import late_requests, lifecycle, sessions
from hireloop.scheduling.sessions.sessions import DeviceCheck
from hireloop.scheduling.slots.slots import SlotPatch
from hireloop.web.bookings.headline import LABELS, HeadlineCode
from hireloop.web.bookings.timeline import CHANGES, facts_of, timeline_of
from hireloop.wording.languages import catalogue
from scheduling.factories import OUTBOX
from web.bookings.test_headline import BOOKED, ID, INTERVIEW, booking, checked, minutes, past


def entry(action: Action, at: float, *, actor: str = "Rita", subject: UUID = ID, **details: Any) -> AuditEntryDetails:  # noqa: ANN401 (as they are stored)
    return AuditEntryDetails(
        id=UUID(int=9),
        at=minutes(at),
        action=action,
        subject=subject,
        candidate=None,
        actor=actor,
        actor_key=None,
        details=details,
        trace_id="",
    )


def test_every_fact_is_told_in_the_order_of_time() -> None:
    made = booking(
        now=100,
        changes=[past(BookingChange.CONFIRMED, -900, by="the candidate")],
        earlier_device_checks=[checked(-700), checked(-6, "NotFoundError")],
        device_check=checked(-5, "NotAllowedError"),
        earlier_late_requests=[minutes(-800)],
        late_requested_at=minutes(-600),
        entered_at=minutes(1),
        left_at=minutes(40),
    )
    found = facts_of(
        made,
        [
            entry(Action.SCHEDULE_BOOKED, -4_320, actor="the hiring page"),
            entry(Action.INTERVIEW_COMPLETED, 40, subject=INTERVIEW, actor="HireLoop", schedule=str(ID)),
            entry(Action.SLOT_CHANGED, -500, actor="Priya", fields=["interviewer_email"]),
            entry(Action.SLOT_CHANGED, -400, fields=["notes"]),
        ],
    )
    assert [(one.at, one.words, one.by) for one in found] == [
        (BOOKED, "Booked", "the hiring page"),
        (minutes(-900), "Confirmed", "the candidate"),
        (minutes(-800), "Asked for another time", "the candidate"),
        (minutes(-700), "Device check passed", "the candidate"),
        (minutes(-600), "Asked for another time", "the candidate"),
        (minutes(-500), "Interviewer changed", "Priya"),
        (minutes(-6), "Device check failed", "the candidate"),
        (minutes(-5), "Device check failed", "the candidate"),
        (minutes(1), "Interview started", "the candidate"),
        (minutes(40), "Interview finished", "HireLoop"),
    ]
    assert [one.devices and one.devices["camera"] for one in found if one.devices] == [
        "ok",
        "NotFoundError",
        "NotAllowedError",
    ]


def test_a_no_show_is_known_before_it_is_recorded_and_stays_after_a_move() -> None:
    assert [one.words for one in facts_of(booking(now=11), [])] == ["Booked", "No-show"]
    missed = entry(Action.INTERVIEW_MISSED, 11, subject=INTERVIEW, schedule=str(ID))
    assert [one.at for one in facts_of(booking(now=12), [missed])] == [BOOKED, minutes(11)]
    elsewhere = entry(Action.INTERVIEW_MISSED, -9_000, subject=INTERVIEW, schedule=str(UUID(int=2)))
    moved = booking(now=-2_000, changes=[past(BookingChange.RESCHEDULED, -2_100)])
    before = entry(Action.INTERVIEW_MISSED, -3_000, subject=INTERVIEW, schedule=str(ID))
    assert [one.words for one in facts_of(moved, [elsewhere, before])] == ["Booked", "No-show", "Moved"]


def test_another_interviewer_of_a_slot_is_told_only_while_the_booking_was_there() -> None:
    left, here = UUID(int=2), UUID(int=3)
    move = Move(from_slot=left, from_starts_at=minutes(-100), to_slot=here, to_starts_at=minutes(0))
    moved = past(BookingChange.RESCHEDULED, -2_500)
    made = booking(slot=here, changes=[msgspec.structs.replace(moved, moved=move)])
    handed = [
        entry(Action.SLOT_CHANGED, at, subject=slot, fields=["interviewer_name"])
        for at, slot in ((-9_000, left), (-3_000, left), (-3_000, here), (-2_400, left), (-2_300, here))
    ]
    found = facts_of(made, handed)
    assert [one.at for one in found if one.words == "Interviewer changed"] == [minutes(-3_000), minutes(-2_300)]


async def test_what_is_stored_is_told(api: httpx.AsyncClient) -> None:
    made = await post_booking(api, await post_interview(api))
    ident = UUID(str(made["id"]))
    (slot,) = await rows("slot")
    change = SlotPatch(interviewer_email="ivan@example.com")
    await handovers.change(slot["id"], change, by=TESTS, outbox=OUTBOX)
    (session,) = await rows("session")
    await sessions.record_device_check(session["id"], DeviceCheck(camera="ok", microphone="ok"))
    await db.fetch(
        """
        WITH over AS (
            UPDATE schedule SET starts_at = now() - interval '2 hours', ends_at = now() - interval '1 hour'
        ), begun AS (UPDATE interview SET started_at = now() - interval '2 hours', ended_at = now() - interval '1 hour')
        UPDATE session SET opens_at = now() - interval '2 hours', closes_at = now() - interval '90 minutes'
        """
    )
    await lifecycle.note_due(grace_seconds=600, outbox=OUTBOX)
    await late_requests.ask(session["id"], session["key_version"], outbox=OUTBOX, alert_email="ops@hire.example")
    there = await make_slot(starts_at=soon(3_000))
    await moves.move(ident, there, by=TESTS, reason="Too late.", outbox=OUTBOX, windows=WINDOWS)
    found = await timeline_of(await bookings.find(ident))
    assert [(one.words, one.by) for one in found] == [
        ("Booked", "tests"),
        ("Interviewer changed", "tests"),
        ("Device check passed", "the candidate"),
        ("No-show", ""),
        ("Asked for another time", "the candidate"),
        ("Moved", "tests"),
    ]
    assert found[-1].reason == "Too late."


# One fact has one word: in the label, in the history, and in the mails and chat posts about it


def subject_of(kind: str, locale: str = "en") -> str:
    """Return the subject of a recruiter's mail, which is the title of a chat post, too."""
    renderer = Renderer(
        secret="a secret of at least thirty-two characters",
        base_url="https://hire.example",
        sender="no-reply@hire.example",
        zone=ZoneInfo("Asia/Kolkata"),
        locale=locale,
    )
    return preview.rendered(preview.sample(kind), renderer).subject


@pytest.mark.parametrize("locale", ["en", "de", "hi"])
@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("confirmed", HeadlineCode.CONFIRMED),
        ("declined", HeadlineCode.DECLINED),
        ("entered", HeadlineCode.STARTED),
        ("finished", HeadlineCode.FINISHED),
        ("no_show", HeadlineCode.NO_SHOW),
        ("late_request", HeadlineCode.ANOTHER_TIME_REQUESTED),
        ("interviewer_unreachable", HeadlineCode.INTERVIEWER_NOT_REACHED),
    ],
)
def test_the_subject_of_news_has_the_words_of_the_label(kind: str, code: HeadlineCode, locale: str) -> None:
    words = catalogue(locale).get(LABELS[code].words, LABELS[code].words)
    assert words.lower() in subject_of(kind, locale).partition(":")[0].lower()


def test_a_change_in_the_history_is_called_as_in_the_mail_about_it() -> None:
    assert CHANGES[BookingChange.CANCELLED].lower() in subject_of("cancelled").lower()
    assert CHANGES[BookingChange.RESCHEDULED].lower() in subject_of("rescheduled").lower()
    assert CHANGES[BookingChange.CONFIRMED].lower() in subject_of("confirmed").lower()


def test_a_fact_has_the_same_words_in_the_label_and_in_the_history() -> None:
    assert CHANGES[BookingChange.CONFIRMED] == LABELS[HeadlineCode.CONFIRMED].words
    assert CHANGES[BookingChange.CANCELLED] == LABELS[HeadlineCode.CANCELLED].words
    assert CHANGES[BookingChange.REVOKED] == LABELS[HeadlineCode.LINK_REVOKED].words
