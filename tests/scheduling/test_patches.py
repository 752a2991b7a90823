from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from hireloop.scheduling import patches


class Known(msgspec.Struct):
    a: str
    b: str | None
    c: list[str]


class Fields(msgspec.Struct, kw_only=True):
    a: str | msgspec.UnsetType = msgspec.UNSET
    b: str | msgspec.UnsetType | None = msgspec.UNSET
    c: list[str] | msgspec.UnsetType = msgspec.UNSET


TEXTS = st.text("ab", max_size=2)
VALUES = st.fixed_dictionaries({"a": TEXTS, "b": st.none() | TEXTS, "c": st.lists(TEXTS, max_size=2)})


@given(VALUES, VALUES, st.sets(st.sampled_from("abc")))
def test_exactly_what_was_given_and_says_something_else_is_changed(
    before: dict[str, Any], wished: dict[str, Any], names: set[str]
) -> None:
    known, sent = Known(**before), {name: wished[name] for name in names}
    changed = patches.changed(known, Fields(**sent))
    assert changed == {name: value for name, value in sent.items() if before[name] != value}
    after = msgspec.structs.replace(known, **changed)
    assert msgspec.structs.asdict(after) == {**before, **sent}  # as RFC 7396 merges
    assert patches.changed(after, Fields(**sent)) == {}


def test_null_was_given_and_unset_was_not() -> None:
    assert patches.given(Fields(b=None)) == {"b": None}
    assert patches.given(Fields()) == {}
