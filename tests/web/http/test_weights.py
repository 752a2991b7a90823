"""The weights in lists such as Accept-Language."""

import pytest

from hireloop.web.http.weights import weight_of


@pytest.mark.parametrize(
    ("text", "weight"),
    [("", 1.0), (" ", 1.0), ("q=0.5", 0.5), (" Q=0 ", 0.0), ("q=1", 1.0), ("q=x", 0.0), ("level=1", 0.0), ("q", 0.0)],
)
def test_a_weight_is_a_number_and_anything_else_counts_as_none(text: str, weight: float) -> None:
    assert weight_of(text) == weight
