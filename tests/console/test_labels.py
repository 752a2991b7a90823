"""The console's words: every state that there is has its own."""

from collections.abc import Mapping
from enum import StrEnum
from functools import partial

import pytest

from hireloop import errors
from hireloop.console import labels
from hireloop.notify.deliveries.deliveries import InvitationState
from hireloop.notify.messages import KNOWN_KINDS
from hireloop.notify.tables import AttemptOutcome, DeliveryState
from hireloop.scheduling.bookings.history import BookingChange
from hireloop.web.bookings.headline import LABELS, Label
from hireloop.web.bookings.timeline import CHANGES
from hireloop.wording.languages import in_language


@pytest.mark.parametrize(
    ("said", "states"),
    [
        (labels.PEOPLE, InvitationState),
        (labels.DELIVERIES, DeliveryState),
        (labels.ATTEMPTS, AttemptOutcome),
        (CHANGES, BookingChange),
    ],
)
def test_every_state_has_words_of_its_own(said: Mapping[StrEnum | None, object], states: type[StrEnum]) -> None:
    assert set(said) - {None} == set(states)
    words = [label.words if isinstance(label, Label) else label for label in said.values()]
    assert len(set(words)) == len(words)
    assert all(words)


def test_every_kind_of_message_has_a_name() -> None:
    assert set(labels.KINDS) == KNOWN_KINDS


def test_a_tone_is_one_that_the_style_sheet_knows() -> None:
    tables = (labels.PEOPLE, labels.DELIVERIES, labels.ATTEMPTS, LABELS)
    tones = {label.tone for table in tables for label in table.values()}
    assert tones == {"good", "bad", "waiting", "quiet"}


@pytest.mark.parametrize(
    ("described", "locale", "name"),
    [
        ("Firefox on Windows", "en", "Firefox on Windows"),
        ("a browser", "en", "A browser"),
        ("a browser on Linux", "de", "Ein Browser auf Linux"),
        ("Firefox", "hi", "Firefox"),
    ],
)
def test_a_browser_is_called_something_in_every_language(described: str, locale: str, name: str) -> None:
    assert labels.browser(described, said=partial(in_language, language=locale)) == name


def test_a_refusal_has_its_values_where_each_language_has_them() -> None:
    limit = errors.TooManyReinvitations(7_200, 6)
    assert labels.refusal(limit, said=partial(in_language, language="en")) == str(limit)
    said = labels.refusal(limit, said=partial(in_language, language="de"))
    assert said.startswith("Zu diesem Gespräch wurde innerhalb einer Stunde schon 6 Mal erneut eingeladen.")
    assert said.endswith("Versuchen Sie es in 2 h noch einmal.")
