"""A page costs what a page costs, however many bookings there are: said by what PostgreSQL reads, not by a clock.

The planner is kept from what is cheap only while tables are small, so that the way it would take at a million bookings
shows at some thousands. What a list reads must not grow with them.
"""

import re
from pathlib import Path

import pytest
from bench.api import plans
from bench.api.past import fill
from bench.api.questions import questions
from bench.parts import Database, migrated

from servers.databases import Template

_FEW, _MANY = 2_000, 8_000
_GROWTH, _SLACK = 1.5, 30  # an index that is a little deeper, a page that is full; in pages of 8 kB
_SCANNED = re.compile(r"Seq Scan on (schedule|session|slot|interview|candidate|delivery|attempt)\b")


def as_at_a_million(url: str) -> str:
    """Return the address with which a connection plans as if reading a whole table were dear.

    Bitmaps stay allowed: who searches names or addresses needs two indexes at once.
    """
    return f"{url}&enable_seqscan=off&enable_mergejoin=off&enable_hashjoin=off"


def read_for_each(url: str, bookings: int, folder: Path) -> dict[str, tuple[int, str]]:
    """Fill a database, ask every question of the benchmark, and return how many pages each read, with its plans."""
    past = fill(migrated(Database(url, folder)), bookings)
    strict = Database(as_at_a_million(url), folder)
    asked = questions(strict, past, limit=5)
    return {
        name: (
            sum(one.pages for one in of_one),
            "\n\n".join("\n".join([one.statement, *one.as_it_runs]) for one in of_one),
        )
        for name, of_one in plans.explain(strict, asked).items()
    }


@pytest.mark.timeout(300)
def test_no_list_reads_more_for_a_page_when_there_is_more_to_list(template: Template, tmp_path: Path) -> None:
    with template.emptied() as url:
        few = read_for_each(url, _FEW, tmp_path)
    with template.emptied() as url:
        many = read_for_each(url, _MANY, tmp_path)
    grown = [
        f"{name}: {few[name][0]} pages at {_FEW} bookings, {read} at {_MANY}\n{explained}"
        for name, (read, explained) in many.items()
        if read > few[name][0] * _GROWTH + _SLACK
    ]
    assert not grown, "\n\n".join(grown)
    scanned = [f"{name}\n{plan}" for name, (_, plan) in many.items() if _SCANNED.search(plan)]
    assert not scanned, "\n\n".join(scanned)
