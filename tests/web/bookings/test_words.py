"""One fact has one word: a booking's label and history, and the mails and chat posts about it."""

from zoneinfo import ZoneInfo

import pytest

from hireloop.notify.rendering import preview
from hireloop.notify.rendering.render import Renderer
from hireloop.scheduling.bookings.history import BookingChange
from hireloop.web.bookings.headline import LABELS, HeadlineCode
from hireloop.web.bookings.timeline import CHANGES

RENDERER = Renderer(
    secret="a secret of at least thirty-two characters",
    base_url="https://hire.example",
    sender="no-reply@hire.example",
    zone=ZoneInfo("Asia/Kolkata"),
)


def subject_of(kind: str) -> str:
    """Return the subject of a mail, which is the title of a chat post, too."""
    return preview.rendered(preview.sample(kind), RENDERER).subject


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
def test_the_subject_of_news_has_the_words_of_the_label(kind: str, code: HeadlineCode) -> None:
    assert LABELS[code].words.lower() in subject_of(kind).partition(":")[0].lower()


def test_a_change_in_the_history_is_called_as_in_the_mail_about_it() -> None:
    assert CHANGES[BookingChange.CANCELLED].lower() in subject_of("cancelled").lower()
    assert CHANGES[BookingChange.RESCHEDULED].lower() in subject_of("rescheduled").lower()
    assert CHANGES[BookingChange.CONFIRMED].lower() in subject_of("confirmed").lower()


def test_a_fact_has_the_same_words_in_the_label_and_in_the_history() -> None:
    assert CHANGES[BookingChange.CONFIRMED] == LABELS[HeadlineCode.CONFIRMED].words
    assert CHANGES[BookingChange.CANCELLED] == LABELS[HeadlineCode.CANCELLED].words
    assert CHANGES[BookingChange.REVOKED] == LABELS[HeadlineCode.LINK_REVOKED].words
