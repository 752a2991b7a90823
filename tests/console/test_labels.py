"""The console's words: every state that there is has its own."""

from collections.abc import Mapping
from enum import StrEnum
from functools import partial

import pytest

from hireloop import errors, mail_addresses
from hireloop.console import labels
from hireloop.notify.deliveries.deliveries import InvitationState
from hireloop.notify.messages import KNOWN_KINDS
from hireloop.notify.tables import AttemptOutcome, DeliveryState
from hireloop.scheduling.bookings.history import BookingChange
from hireloop.web.bookings.headline import LABELS, Label
from hireloop.web.bookings.timeline import CHANGES
from hireloop.wording.languages import in_language
from hireloop.wording.phrases import FilledPhrase


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


@pytest.mark.parametrize(
    ("locale", "known", "unknown"),
    [
        ("en", "Must be in a year from 2 to 9998.", "Must be &lt;odd&gt;, as <code>x</code>."),
        ("de", "Muss in einem Jahr von 2 bis 9998 liegen.", 'lang="en">Must be &lt;odd&gt;, as <code>x</code>.</span>'),
        ("hi", "साल 2 से 9998 के बीच होना चाहिए।", 'lang="en">Must be &lt;odd&gt;, as <code>x</code>.</span>'),
    ],
)
def test_what_is_wrong_with_a_field_is_said_in_its_readers_language(locale: str, known: str, unknown: str) -> None:
    said = partial(in_language, language=locale)
    no_year = FilledPhrase("must be in a year from %(first)s to %(last)s", first=2, last=9998)
    assert labels.refusal(errors.BadInput("day", no_year), said=said) == known
    assert labels.refusal(errors.BadInput("day", "must be <odd>, as `x`"), said=said).endswith(unknown)


def test_a_reason_within_an_explanation_is_translated_too() -> None:
    with pytest.raises(ValueError, match="must have an @-sign") as wrong:
        mail_addresses.normal("asha")
    refused = labels.refusal(errors.BadInput("email", wrong.value.args[0]), said=partial(in_language, language="de"))
    assert refused.endswith("etwa name@example.com. Eine E-Mail-Adresse muss ein @-Zeichen enthalten.")


def test_a_refusal_has_its_values_where_each_language_has_them() -> None:
    limit = errors.TooManyReinvitations(7_200, 6)
    assert labels.refusal(limit, said=partial(in_language, language="en")) == str(limit)
    said = labels.refusal(limit, said=partial(in_language, language="de"))
    assert said.startswith("Zu diesem Gespräch wurde innerhalb einer Stunde schon 6 Mal erneut eingeladen.")
    assert said.endswith("Versuchen Sie es in 2 h noch einmal.")
