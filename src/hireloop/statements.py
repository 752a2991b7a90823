"""SQL with named parameters: each is written `:name` and numbered once, when the module that holds it is imported."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeVar

import asyncpg
import msgspec

from hireloop import db

T = TypeVar("T")

# What may hold a colon that begins no parameter is found first, and so passed over whole. Before the colon of a
# parameter there is neither a word nor a bracket: that is the slice of an array.
_PARTS = re.compile(
    r"""
    [eE]'(?:[^'\\]|\\.|'')*'            # a text with escapes
    | '(?:[^']|'')*'                    # a text
    | "(?:[^"]|"")*"                    # a name in quotes
    | \$(?P<tag>\w*)\$.*?\$(?P=tag)\$   # a text between dollars
    | --[^\n]*                          # a comment, to the end of its line
    | /\*.*?\*/                         # a comment between marks
    | ::                                # a cast
    | (?<![\w\]]):(?P<name>[a-z_]\w*)
    """,
    re.VERBOSE | re.DOTALL,
)


class Statement:
    """One statement, whose values are given by name; in the current transaction if there is one."""

    __slots__ = ("names", "numbered", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.numbered, self.names = numbered(text)

    async def rows(self, **values: object) -> list[asyncpg.Record]:
        """Return the rows; raises TypeError unless exactly the parameters are given."""
        return await db.fetch(self.numbered, *self._in_order(values))

    async def structs(self, kind: type[T], /, **values: object) -> list[T]:
        """Return the rows as structs of this kind; raises as `rows`."""
        return as_structs(await self.rows(**values), kind)

    async def row(self, **values: object) -> asyncpg.Record | None:
        """Return the first row, or None; raises as `rows`."""
        return await db.fetch_row(self.numbered, *self._in_order(values))

    async def value(self, **values: object) -> Any:  # noqa: ANN401 (a column has any type)
        """Return the first column of the first row, or None; raises as `rows`."""
        return await db.fetch_value(self.numbered, *self._in_order(values))

    async def run(self, **values: object) -> None:
        """Run it for what it writes; raises as `rows`."""
        await self.rows(**values)

    def _in_order(self, values: Mapping[str, object]) -> list[object]:
        if values.keys() != set(self.names):
            msg = f"this statement takes {', '.join(self.names) or 'nothing'}, not {', '.join(values) or 'nothing'}"
            raise TypeError(msg)
        return [values[name] for name in self.names]


async def rows_of(text: str, values: Mapping[str, object]) -> list[asyncpg.Record]:
    """Return the rows of a statement that is composed of what is asked for; it takes of `values` what it names."""
    statement = _composed(text)
    return await statement.rows(**{name: values[name] for name in statement.names})


def as_structs(rows: Iterable[asyncpg.Record], kind: type[T]) -> list[T]:
    """Return rows as structs of this kind, whose fields are named as their columns are."""
    return [msgspec.convert(dict(row), kind) for row in rows]


@lru_cache(maxsize=512)
def _composed(text: str) -> Statement:
    return Statement(text)


def numbered(text: str) -> tuple[str, tuple[str, ...]]:
    """Return a statement with `$1`, `$2` … in place of its named parameters, and these names in order; pure."""
    numbers: dict[str, int] = {}

    def number(part: re.Match[str]) -> str:
        name = part["name"]
        return part[0] if name is None else f"${numbers.setdefault(name, len(numbers) + 1)}"

    return _PARTS.sub(number, text), tuple(numbers)


# The database's clock.
_CLOCK = Statement("SELECT statement_timestamp()")


async def read_clock(now: datetime | None) -> datetime:
    """Return `now` if the caller has given it, and otherwise the time by the database's clock.

    For a decision whose moment is written in several places, and that must not be earlier than what it waited for.
    """
    if now is not None:
        return now
    at: datetime = await _CLOCK.value()
    return at
