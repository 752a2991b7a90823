"""Phrases with values: English for programs, and what a page needs to say them in another language."""

import pytest

from hireloop.wording.phrases import FilledPhrase, grouped


@pytest.mark.parametrize(
    ("number", "said"), [(0, "0"), (999, "999"), (1_000, "1,000"), (20_005, "20,005"), (999_999, "999,999")]
)
def test_the_thousands_of_a_number_are_apart(number: int, said: str) -> None:
    assert grouped(number) == said == f"{number:,}"


def test_a_percent_sign_is_escaped_only_beside_values() -> None:
    assert FilledPhrase("is 5 % too long") == "is 5 % too long"
    assert FilledPhrase("is %(part)s %% too long", part=5) == "is 5 % too long"
