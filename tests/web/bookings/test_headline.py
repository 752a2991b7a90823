"""The headline of a booking is what has happened last, and what is wrong with it is not hidden by older good news."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hireloop.notify.deliveries.deliveries import InvitationState
from hireloop.scheduling.audit import CANDIDATE
from hireloop.scheduling.bookings.bookings import Booking, SessionOfSchedule
from hireloop.scheduling.bookings.history import BookingChange, HistoryEntry
from hireloop.scheduling.sessions.sessions import SessionState
from hireloop.scheduling.tables import ScheduleState
from hireloop.web.bookings.headline import (
    LABELS,
    Headline,
    HeadlineCode,
    Notices,
    PartyNotice,
    attention_of,
    headline_of,
    session_state_of,
)

START = datetime(2026, 12, 1, 10, tzinfo=UTC)
OFF = ScheduleState.CANCELLED
BOOKED = START - timedelta(days=3)
ID, INTERVIEW = UUID(int=1), UUID(int=5)
CODE = HeadlineCode
NEEDS = list(HeadlineCode)[: list(HeadlineCode).index(CODE.CANCELLED)]


def minutes(number: float) -> datetime:
    """Return so many minutes after the start."""
    return START + timedelta(minutes=number)


def booking(now: float = -2_000, **other: Any) -> Booking:  # noqa: ANN401 (each field has its own type)
    """Return a booking as it is so many minutes after its start; what is no field of its is one of its session."""
    own = {name: value for name, value in other.items() if name in Booking.__struct_fields__}
    session = SessionOfSchedule(id=ID, key_version=1, opens_at=minutes(-1), closes_at=minutes(10))
    session = msgspec.structs.replace(session, **{name: value for name, value in other.items() if name not in own})
    made = Booking(
        id=ID,
        interview=INTERVIEW,
        slot=ID,
        state=ScheduleState.PENDING,
        revision=1,
        booking_notes="",
        starts_at=START,
        ends_at=minutes(45),
        booked_at=BOOKED,
        changes=[],
        trace_id="",
        recruiter_email=None,
        session=session,
        now=minutes(now),
    )
    return msgspec.structs.replace(made, **own)


def past(change: BookingChange, at: float, *, by: str = "Rita", revision: int = 1) -> HistoryEntry:
    return HistoryEntry(at=minutes(at), change=change, by=by, revision=revision)


def checked(at: float, camera: str = "ok") -> dict[str, str]:
    return {"camera": camera, "microphone": "ok", "checked_at": minutes(at).isoformat()}


def notice(state: InvitationState, at: float = -4_000, *, matters_until: float = 3_000) -> PartyNotice:
    return PartyNotice(state=state, at=minutes(at), matters_until=minutes(matters_until))


SENT, FAILED = notice(InvitationState.SENT), notice(InvitationState.FAILED)
TOLD = Notices(candidate=SENT, interviewers=[SENT])
UNREACHED = Notices(candidate=FAILED, interviewers=[FAILED])
THEIRS = CANDIDATE.name
CONFIRMED = [past(BookingChange.CONFIRMED, -3_000, by=THEIRS)]


@pytest.mark.parametrize(
    ("made", "code", "at"),
    [
        (booking(), CODE.INVITED, -4_000),
        (booking(state=ScheduleState.CONFIRMED, changes=CONFIRMED), CODE.CONFIRMED, -3_000),
        (booking(device_check=checked(-2_500)), CODE.DEVICES_READY, -2_500),
        (booking(device_check=checked(-2_500, "NotFoundError")), CODE.DEVICES_FAILED, -2_500),
        (booking(changes=[past(BookingChange.RESCHEDULED, -3_000, by=THEIRS)]), CODE.TIME_CHOSEN, -3_000),
        (booking(changes=[past(BookingChange.RESCHEDULED, -3_000)]), CODE.INVITED, -4_000),
        (booking(revoked_at=minutes(-2_500)), CODE.LINK_REVOKED, -2_500),
        (booking(now=5, entered_at=minutes(1)), CODE.STARTED, 1),
        (booking(now=50, entered_at=minutes(1), left_at=minutes(40)), CODE.FINISHED, 40),
        (booking(now=11), CODE.NO_SHOW, 10),
        (booking(now=20, late_requested_at=minutes(15)), CODE.ANOTHER_TIME_REQUESTED, 15),
        (booking(now=-30), CODE.MAYBE_UNSEEN, -60),
        (
            booking(state=OFF, changes=[past(BookingChange.CANCELLED, -2_100)]),
            CODE.CANCELLED,
            -2_100,
        ),
        (
            booking(state=OFF, changes=[past(BookingChange.CANCELLED, -2_100, by=THEIRS)]),
            CODE.DECLINED,
            -2_100,
        ),
    ],
)
def test_what_has_happened_last_is_the_headline(made: Booking, code: HeadlineCode, at: float) -> None:
    assert headline_of(made, TOLD) == Headline(code, minutes(at))


@pytest.mark.parametrize(
    ("told", "code"),
    [
        (Notices(candidate=notice(InvitationState.PENDING)), CODE.INVITING),
        (Notices(candidate=notice(InvitationState.NONE)), CODE.BOOKED),
        (Notices(candidate=notice(InvitationState.AT_RISK)), CODE.AT_RISK),
        (Notices(candidate=FAILED), CODE.CANDIDATE_NOT_REACHED),
        (Notices(candidate=SENT, interviewers=[SENT, FAILED]), CODE.INTERVIEWER_NOT_REACHED),
        (Notices(candidate=SENT, interviewers=[notice(InvitationState.AT_RISK)]), CODE.AT_RISK),
    ],
)
def test_a_booking_of_which_nobody_has_done_anything_says_who_was_told(told: Notices, code: HeadlineCode) -> None:
    assert headline_of(booking(), told).code is code


@pytest.mark.parametrize(
    ("by", "at", "code"),
    [
        (THEIRS, -4_500, CODE.CANDIDATE_NOT_REACHED),  # before their message came back
        (THEIRS, -3_500, CODE.CONFIRMED),  # they have the link, however they got it
        ("Rita", -3_500, CODE.CANDIDATE_NOT_REACHED),  # she may have it from them, but they do not have their link
    ],
)
def test_a_candidate_who_was_not_reached_is_not_hidden_by_what_others_did(
    by: str, at: float, code: HeadlineCode
) -> None:
    made = booking(state=ScheduleState.CONFIRMED, changes=[past(BookingChange.CONFIRMED, at, by=by)])
    assert headline_of(made, Notices(candidate=FAILED)).code is code
    assert attention_of(made, Notices(candidate=FAILED))[0].code is CODE.CANDIDATE_NOT_REACHED


def test_what_was_done_before_the_last_move_says_nothing_of_the_new_time() -> None:
    moved = [*CONFIRMED, past(BookingChange.RESCHEDULED, -2_500, revision=2)]
    made = booking(changes=moved, revision=2, device_check=checked(-2_600, "NotAllowedError"))
    assert headline_of(made, TOLD).code is CODE.INVITED
    assert attention_of(made, TOLD) == []


def test_a_check_before_the_last_move_is_no_sign_that_the_new_time_was_seen() -> None:
    changes = [past(BookingChange.RESCHEDULED, -2_500, revision=2)]
    before = booking(now=-30, changes=changes, revision=2, device_check=checked(-2_600))
    assert [one.code for one in attention_of(before, TOLD)] == [CODE.MAYBE_UNSEEN]
    after = booking(now=-30, changes=changes, revision=2, device_check=checked(-2_400))
    assert attention_of(after, TOLD) == []


def test_a_new_link_takes_no_confirmation_back() -> None:
    changes = [*CONFIRMED, past(BookingChange.REISSUED, -2_500, revision=2)]
    made = booking(state=ScheduleState.CONFIRMED, changes=changes, revision=2)
    assert headline_of(made, Notices(candidate=notice(InvitationState.PENDING, -2_500))).code is CODE.CONFIRMED
    failed = Notices(candidate=notice(InvitationState.FAILED, -2_400))
    assert headline_of(made, failed).code is CODE.CANDIDATE_NOT_REACHED


def test_everything_that_needs_somebody_is_named_the_worst_first() -> None:
    made = booking(now=-30, device_check=checked(-40, "NotAllowedError"))
    told = Notices(
        candidate=notice(InvitationState.AT_RISK),
        interviewers=[notice(InvitationState.AT_RISK, -5_000), FAILED, notice(InvitationState.FAILED, -5_000)],
        unheard_since=minutes(-35),
    )
    assert attention_of(made, told) == [
        Headline(CODE.INTERVIEWER_NOT_REACHED, minutes(-5_000)),
        Headline(CODE.ALERT_UNHEARD, minutes(-35)),
        Headline(CODE.AT_RISK, minutes(-5_000)),
        Headline(CODE.DEVICES_FAILED, minutes(-40)),
    ]


@pytest.mark.parametrize(
    ("made", "told", "codes"),
    [
        (booking(now=10 + 7 * 1_440 - 1), TOLD, [CODE.NO_SHOW]),
        (booking(now=10 + 7 * 1_440), TOLD, []),
        (booking(now=15 + 30 * 1_440 - 1, late_requested_at=minutes(15)), TOLD, [CODE.ANOTHER_TIME_REQUESTED]),
        (booking(now=15 + 30 * 1_440, late_requested_at=minutes(15)), TOLD, []),
        (booking(now=20, is_erased=True), TOLD, []),
        (booking(now=20), Notices(candidate=FAILED), [CODE.CANDIDATE_NOT_REACHED, CODE.NO_SHOW]),
        (booking(now=3_000), Notices(candidate=FAILED), [CODE.NO_SHOW]),
        (booking(now=5, entered_at=minutes(1)), UNREACHED, [CODE.INTERVIEWER_NOT_REACHED]),
        (
            booking(now=50, entered_at=minutes(1), left_at=minutes(9)),
            Notices(candidate=FAILED, interviewers=[FAILED]),
            [],
        ),
        (booking(state=OFF), Notices(candidate=FAILED), [CODE.CANDIDATE_NOT_REACHED]),
        (booking(), Notices(candidate=SENT, unheard_since=minutes(-2_001)), []),
        (booking(), Notices(candidate=SENT, unheard_since=minutes(-2_002)), [CODE.ALERT_UNHEARD]),
    ],
)
def test_what_needs_nobody_any_more_is_not_among_the_needing_attention(
    made: Booking, told: Notices, codes: list[HeadlineCode]
) -> None:
    assert [one.code for one in attention_of(made, told)] == codes


def test_every_code_has_a_label_of_its_own() -> None:
    assert set(LABELS) == set(HeadlineCode)
    assert len({label.words for label in LABELS.values()}) == len(HeadlineCode)
    assert all(LABELS[code].tone == "bad" for code in NEEDS)


# Any booking that there may be, and some that there should not be

moments = st.integers(-5_000, 50_000).map(minutes)
maybe = st.none() | moments
notices_ = st.builds(PartyNotice, state=st.sampled_from(InvitationState), at=moments, matters_until=moments)
tellings = st.builds(Notices, candidate=notices_, interviewers=st.lists(notices_, max_size=3), unheard_since=maybe)
entries = st.builds(
    HistoryEntry,
    at=moments,
    change=st.sampled_from(BookingChange),
    by=st.sampled_from([THEIRS, "Rita"]),
    revision=st.integers(1, 3),
)
checks = st.builds(checked, st.integers(-5_000, 50), st.sampled_from(["ok", "NotFound"]))
any_booking = st.builds(
    booking,
    now=st.integers(-5_000, 60_000),
    state=st.sampled_from(ScheduleState),
    revision=st.integers(1, 3),
    changes=st.lists(entries, max_size=4).map(lambda found: sorted(found, key=lambda one: one.at)),
    is_erased=st.booleans(),
    device_check=st.none() | checks,
    late_requested_at=maybe,
    entered_at=maybe,
    left_at=maybe,
    revoked_at=maybe,
)
BY_SESSION = {
    SessionState.FINISHED: {CODE.FINISHED},
    SessionState.ENTERED: {CODE.STARTED},
    SessionState.REVOKED: {CODE.LINK_REVOKED},
    SessionState.EXPIRED: {CODE.NO_SHOW, CODE.ANOTHER_TIME_REQUESTED},
}
FIXED = {CODE.CANCELLED, CODE.DECLINED, CODE.ALERT_UNHEARD}.union(*BY_SESSION.values())


@given(any_booking, tellings)
def test_the_headline_agrees_with_the_state_of_the_booking_and_of_its_session(made: Booking, told: Notices) -> None:
    code = headline_of(made, told).code
    if made.state is ScheduleState.CANCELLED:
        assert code in {CODE.CANCELLED, CODE.DECLINED}
    else:
        assert code in BY_SESSION.get(session_state_of(made), set(HeadlineCode) - FIXED)


@given(any_booking, tellings)
def test_what_needs_attention_is_in_order_each_once_and_does_not_depend_on_that_of_the_people(
    made: Booking, told: Notices
) -> None:
    codes = [one.code for one in attention_of(made, told)]
    assert codes == sorted(set(codes), key=NEEDS.index)
    turned = msgspec.structs.replace(told, interviewers=list(told.interviewers)[::-1])
    assert attention_of(made, turned) == attention_of(made, told)
    assert headline_of(made, turned) == headline_of(made, told)


@given(any_booking, tellings)
def test_whatever_the_candidate_does_now_is_the_headline(made: Booking, told: Notices) -> None:
    code = headline_of(made, told).code
    if code in FIXED:
        return
    newer = msgspec.structs.replace(
        made, state=ScheduleState.CONFIRMED, changes=[past(BookingChange.CONFIRMED, 60_001, by=THEIRS)]
    )
    assert headline_of(newer, told).code is CODE.CONFIRMED


@given(any_booking, tellings)
def test_no_older_good_news_hides_that_the_candidate_was_not_reached(made: Booking, told: Notices) -> None:
    failed = msgspec.structs.replace(told, candidate=notice(InvitationState.FAILED, 60_001, matters_until=70_000))
    code = headline_of(made, failed).code
    assert code in FIXED or code is CODE.CANDIDATE_NOT_REACHED


@given(any_booking, tellings, st.integers(0, 50_000))
def test_time_alone_takes_nothing_back_that_has_happened(made: Booking, told: Notices, later: int) -> None:
    """What is over stays as it is, however late it is read; what lies ahead is missed, or may not have been seen."""
    code = headline_of(made, told).code
    then = headline_of(msgspec.structs.replace(made, now=made.now + timedelta(minutes=later)), told).code
    if code in FIXED:
        assert then is code
    else:
        assert then in {code, CODE.NO_SHOW, CODE.ANOTHER_TIME_REQUESTED, CODE.MAYBE_UNSEEN}
