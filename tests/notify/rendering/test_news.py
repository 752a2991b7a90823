"""What recruiters read of what has happened to their bookings."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from msgspec import structs

from hireloop.notify.messages import (
    DeclinedMessage,
    FinishedMessage,
    Message,
)
from hireloop.notify.no_show import MOST_NAMED, NoShowCause
from hireloop.notify.rendering.render import Renderer
from hireloop.notify.transport import Parcel
from notify.news import interviewer_unreachable, missed, no_show

START = datetime(2026, 12, 1, 20, 30, tzinfo=UTC)  # on 2 December where the recruiters are
BOOKING: dict[str, Any] = {
    "schedule_id": UUID(int=5),
    "revision": 2,
    "candidate_name": "Asha Rao",
    "candidate_email": "asha@example.com",
    "time_zone": None,
    "locale": "de",
    "job_title": "Backend Engineer",
    "company": "Acme",
    "recruiter_email": "rita@acme.example",
    "starts_at": START,
    "ends_at": START + timedelta(hours=1),
}
RENDERER = Renderer(
    secret="a secret of at least thirty-two characters",
    base_url="https://hire.example",
    sender="no-reply@hire.example",
    zone=ZoneInfo("Asia/Kolkata"),
)
PAGE = "https://hire.example/console/bookings/00000000-0000-0000-0000-000000000005/"


def rendered(message: Message) -> Parcel:
    return RENDERER.render(message, recipient="rita@acme.example", message_id="<1@hire.example>")


@pytest.mark.parametrize(
    ("cause", "more", "said"),
    [
        (
            NoShowCause.NOT_DELIVERED,
            {"failure": "recipient_unknown"},
            "Asha Rao could not come: the invitation was never delivered. The recipient's address does not exist.",
        ),
        (NoShowCause.DELIVERY_UNKNOWN, {}, "Asha Rao did not come. It is not certain that the invitation arrived."),
        (
            NoShowCause.NO_SIGN,
            {},
            "Asha Rao did not come. The mail server accepted the invitation, but there was no sign of them after that.",
        ),
        (
            NoShowCause.NEW_TIME_NOT_DELIVERED,
            {"failure": "recipient_unknown"},
            (
                "Asha Rao did not come. The notice of the new time was never delivered. "
                "The recipient's address does not exist."
            ),
        ),
        (NoShowCause.CHOSEN, {}, "Asha Rao had chosen this time, but did not come."),
        (NoShowCause.CONFIRMED, {}, "Asha Rao had confirmed the interview, but did not come."),
        (
            NoShowCause.DEVICE_CHECK_FAILED,
            {"camera": "NotAllowedError", "microphone": "ok"},
            (
                "Asha Rao did not start the interview: the check of their camera and microphone had failed. "
                "(camera: NotAllowedError, microphone: ok)"
            ),
        ),
        (
            NoShowCause.NOT_STARTED,
            {"camera": "ok", "microphone": "ok"},
            "Asha Rao did not start the interview, although the check of their camera and microphone had succeeded.",
        ),
        (NoShowCause.TOO_LATE, {}, "Asha Rao came too late and has asked for another time."),
    ],
)
def test_a_no_show_says_what_is_known_of_it(cause: NoShowCause, more: dict[str, str], said: str) -> None:
    parcel = rendered(no_show(BOOKING, missed(BOOKING, cause, **more)))
    assert parcel.subject == "No-show: Asha Rao, Backend Engineer at Acme"
    assert parcel.text.startswith(f"{said}\n\nCandidate: Asha Rao\n")
    assert "<li>" not in parcel.html  # of one
    assert parcel.links == (PAGE,)
    assert parcel.reply_to == "asha@example.com"
    data = json.loads(parcel.data)["data"]
    assert (data["cause"], data["sentence"]) == (cause.value, cause.sentence)
    assert data["reason"] == more.get("failure")
    assert b"asha@example.com" not in parcel.data


def test_every_cause_has_a_sentence_of_its_own() -> None:
    assert len({cause.sentence for cause in NoShowCause}) == len(NoShowCause)


def test_several_who_did_not_come_are_listed_and_the_others_counted() -> None:
    two = missed(BOOKING), missed(BOOKING | {"candidate_name": "Ben Ito"}, NoShowCause.TOO_LATE)
    parcel = rendered(no_show(BOOKING, *two, more=7))
    assert parcel.subject.startswith("9 no-shows: Wednesday, 2 December 2026, 02:00")
    assert "9 candidates did not come to their interviews.\n\n- Asha Rao did not come." in parcel.text
    assert "- Ben Ito came too late and has asked for another time. (Backend Engineer at Acme)\n" in parcel.text
    assert "- and 7 more\n" in parcel.text
    assert parcel.links == ("https://hire.example/console/?day=2026-12-02",)
    assert (parcel.reply_to, parcel.data) == (None, b"")
    for said in ("<bdi>Ben Ito</bdi>", "and <bdi>7</bdi> more"):
        assert said in parcel.html


def test_the_longest_list_fits_into_a_chat() -> None:
    parcel = rendered(no_show(BOOKING, *[missed(BOOKING)] * MOST_NAMED, more=1000 - MOST_NAMED))
    assert "1000 no-shows" in parcel.subject
    assert len(parcel.text) < 2000


def test_nobody_is_named_who_was_erased_since() -> None:
    parcel = rendered(no_show(BOOKING, more=12))
    assert "12 candidates did not come to their interviews." in parcel.text
    assert "more" not in parcel.text


def test_a_name_from_right_to_left_turns_no_words_in_a_list() -> None:
    two = missed(BOOKING | {"candidate_name": "אשה"}), missed(BOOKING)
    assert "- \u2068אשה\u2069 did not come." in rendered(no_show(BOOKING, *two)).text


def test_a_reply_to_a_candidates_cancellation_reaches_the_candidate() -> None:
    parcel = rendered(DeclinedMessage(**BOOKING, declined_at=START, reason="I am ill."))
    assert parcel.subject == "Cancelled by the candidate: Asha Rao, Backend Engineer at Acme"
    assert "Reason: I am ill.\n" in parcel.text
    assert parcel.reply_to == "asha@example.com"
    assert "Reason" not in rendered(DeclinedMessage(**BOOKING, declined_at=START)).text


@pytest.mark.parametrize(
    ("by", "said"),
    [
        ("the candidate", "Asha Rao has finished the interview."),
        ("HireLoop", "The time for the interview with Asha Rao is over. HireLoop ended it, as nobody had finished it."),
    ],
)
def test_the_end_of_an_interview_says_who_ended_it(by: str, said: str) -> None:
    parcel = rendered(FinishedMessage(**BOOKING, entered_at=START, finished_at=START + timedelta(minutes=50), by=by))
    assert parcel.text.startswith(f"{said}\n")
    assert "Finished at: Wednesday, 2 December 2026, 02:50 IST" in parcel.text


@pytest.mark.parametrize(
    ("schedule", "link"),
    [(BOOKING["schedule_id"], PAGE), (None, "https://hire.example/console/?day=2026-12-02")],
)
def test_a_dead_address_of_an_interviewer_is_told_with_the_servers_words(schedule: UUID | None, link: str) -> None:
    message = structs.replace(
        interviewer_unreachable("recipient_unknown", BOOKING),
        schedule_id=schedule,
        interviewer_email="ivo@acme.example",
        reply=f"550 5.1.1 No such user {'x' * 2000}",
    )
    parcel = rendered(message)
    assert parcel.subject == "Interviewer not reached: ivo@acme.example"
    assert "Reason: The recipient's address does not exist. (recipient_unknown)\n" in parcel.text
    assert "Reply: 550 5.1.1 No such user" in parcel.text
    assert len(parcel.text) < 1500
    assert parcel.links == (link,)
    data = json.loads(parcel.data)["data"]
    assert (data["schedule"], data["booking_url"] is None) == (schedule and str(schedule), schedule is None)
