"""Lists are paginated: `{"items": […], "next": cursor or null}`, with `?limit=` and `?after=`."""

from collections.abc import Callable, Sequence
from typing import Annotated, Generic, Protocol, TypeVar
from uuid import UUID

import msgspec
from litestar.params import QueryParameter


class _Identified(Protocol):
    @property
    def id(self) -> UUID: ...


T = TypeVar("T")
R = TypeVar("R", bound=_Identified)

Limit = Annotated[int, QueryParameter(name="limit", ge=1, le=200, description="The maximum number of items.")]
After = Annotated[UUID | None, QueryParameter(name="after", description="The `next` of the previous page.")]
DEFAULT_LIMIT = 50


class Page(msgspec.Struct, Generic[T], frozen=True):
    """A page of items, and the cursor of the next page; null on the last page."""

    items: list[T]
    next: UUID | None


def page_of(rows: Sequence[R], *, limit: int, view: Callable[[R], T]) -> Page[T]:
    """Return a page of `limit` views, given one more row than that if there is a next page."""
    kept = rows[:limit]
    return Page([view(row) for row in kept], kept[-1].id if len(rows) > limit else None)
