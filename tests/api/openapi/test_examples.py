from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from hireloop.api.openapi.components import Schemas


class Seat(msgspec.Struct):
    row: Annotated[int, Meta(examples=[7])]
    taken_by: str | None
    taken: bool


class Order(msgspec.Struct):
    seat: Seat | None
    seats: list[Seat]
    words: list[str]
    note: Annotated[str, Meta(examples=["By the window."])] | UnsetType = UNSET
    colour: str | UnsetType | None = UNSET
    count: int = 2


class Nameless(msgspec.Struct):
    name: str
    seat: Annotated[int, Meta(examples=[1])] = 0


def example(kind: Any) -> object:  # noqa: ANN401 (types, as values)
    return Schemas([kind]).content_of(kind).get("example", UNSET)


def test_the_example_of_a_body_is_put_together_from_those_of_its_fields() -> None:
    seat = {"row": 7, "taken_by": None, "taken": False}
    assert example(Seat) == seat
    assert example(Order) == {"seat": seat, "seats": [seat], "words": [], "note": "By the window.", "count": 2}


def test_a_body_with_a_field_that_has_none_has_none() -> None:
    assert example(Nameless) is UNSET
