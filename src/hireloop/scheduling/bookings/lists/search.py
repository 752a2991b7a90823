"""Search: people by parts of their name or address, and bookings by who meets about what; both in pages.

A booking is found if the candidate, the job or the interviewer has each of the words. Anyone who was erased is found by
nothing. `search_text` and `search_keys` are functions of the database (migration 2026-11-30T18:30).
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import asyncpg
import msgspec

from hireloop.scheduling.bookings.lists import agenda
from hireloop.scheduling.bookings.lists.agenda import AgendaItem
from hireloop.scheduling.bookings.lists.places import ListPlace
from hireloop.scheduling.tables import Interview, InterviewState
from hireloop.statements import Statement, rows_of

LONGEST_QUERY = 200  # characters
MOST_WORDS = 5
TIMED_OUT = asyncpg.QueryCanceledError  # a statement took longer than `limit_time` allows
_KEY_LENGTH = 3
_MOST_INTERVIEWERS = 2_000
_MOST_JOBS = 200
_MOST_INTERVIEWS = 100


class ListedState(StrEnum):
    """What bookings can be listed by."""

    PENDING = "pending"  # waiting for the candidate's confirmation
    CONFIRMED = "confirmed"
    IN_PROGRESS = "in_progress"  # the candidate is in the interview
    COMPLETED = "completed"
    NO_SHOW = "no_show"
    LATE_REQUEST = "late_request"  # the candidate came too late and asked for another time
    CANCELLED = "cancelled"


class BookingSearch(msgspec.Struct, frozen=True, kw_only=True):
    """Which bookings to list; None does not filter."""

    words: list["PlacedWord"] | None = None
    state: ListedState | None = None
    job: UUID | None = None
    interviewer: str | None = None  # their address, however it is written
    candidate: UUID | None = None
    starts_from: datetime | None = None
    starts_before: datetime | None = None


class PlacedWord(msgspec.Struct, frozen=True, kw_only=True):
    """A word to look for, without capitals and accents, and where it is besides in people's names and addresses."""

    word: str
    jobs: list[UUID] = []
    interviewers: list[str] = []  # by their keys


class FoundPerson(msgspec.Struct, frozen=True, kw_only=True):
    """A candidate who was found."""

    id: UUID
    full_name: str
    email: str


class ListedJob(msgspec.Struct, frozen=True, kw_only=True):
    """A job to choose."""

    id: UUID
    title: str
    company: str


class ListedInterview(msgspec.Struct, frozen=True, kw_only=True):
    """An interview of one candidate."""

    id: UUID
    job_title: str
    company: str
    round: int
    state: InterviewState


class ListedInterviewer(msgspec.Struct, frozen=True, kw_only=True):
    """An interviewer, as the latest of their slots names them."""

    key: str
    email: str
    name: str


# For the current transaction.
_LIMIT_TIME = Statement("SELECT set_config('statement_timeout', :milliseconds, true)")


async def limit_time(milliseconds: int) -> None:
    """End any statement of the current transaction that takes longer, with `TIMED_OUT`."""
    await _LIMIT_TIME.run(milliseconds=str(milliseconds))


# A text without capitals and accents.
_FOLDED = Statement("SELECT search_text(:words)")


async def words_of(text: str) -> list[str]:
    """Return the words to look for: at most five, without capitals and accents."""
    folded: str = await _FOLDED.value(words=text.replace("\x00", "")[:LONGEST_QUERY])
    return [*dict.fromkeys(folded.split())][:MOST_WORDS]


_ADDRESS_AND_NAME = "c.full_name || ' ' || c.email"  # as the index has it
# That a text, of which a copy in small letters is at hand, has a word: most do without the function.
_HAS_TEXT = f"""(strpos(c.full_name_lower || ' ' || c.email_lower, {{word}}) > 0
    OR strpos(search_text({_ADDRESS_AND_NAME}), {{word}}) > 0)"""
_HAS_KEYS = f"search_keys(search_text({_ADDRESS_AND_NAME})) @> {{keys}}::text[]"
# People with every word, in the order of their names: by the index, and of longer words then for certain.
_PEOPLE = Statement(f"""
    SELECT c.id, c.full_name, c.email FROM candidate c
    WHERE c.erased_at IS NULL AND {_HAS_KEYS.format(keys=":keys")}
      AND NOT EXISTS (SELECT FROM unnest(:words::text[]) AS word WHERE NOT {_HAS_TEXT.format(word="word")})
    ORDER BY c.full_name_lower COLLATE "C", c.id LIMIT :limit
""")  # noqa: S608 (constants of our own)


async def people(words: Sequence[str], *, limit: int) -> list[FoundPerson]:
    """Return at most `limit` people whose name and address have all of these words, in the order of their names."""
    if not words:
        return []
    keys = sorted({key for word in words for key in _keys(word)})
    long = [word for word in words if len(word) >= _KEY_LENGTH]
    return await _PEOPLE.structs(FoundPerson, keys=keys, words=long, limit=limit)


def _person_has(nth: int, word: str, *, by_index: bool = True) -> str:
    """Return that the candidate `c` has the nth word, in SQL; by the index, unless others have found the rows."""
    keys, text = _HAS_KEYS.format(keys=f":keys_{nth}"), _HAS_TEXT.format(word=f":word_{nth}")
    if len(word) < _KEY_LENGTH:
        return keys
    return f"({keys} AND {text})" if by_index else text


def _keys(word: str) -> list[str]:
    """Return which keys a text has in which this word is, as `search_keys` makes them."""
    if len(word) < _KEY_LENGTH:
        return [f"^{word}"]
    return sorted({word[at : at + _KEY_LENGTH] for at in range(len(word) - _KEY_LENGTH + 1)})


async def interviews_of(candidate_id: UUID) -> list[ListedInterview]:
    """Return the interviews of a candidate, the newest first, at most 100."""
    job = Interview.job
    found = await (
        Interview.select(
            Interview.id,
            job.title.as_alias("job_title"),
            job.company.as_alias("company"),
            Interview.round,
            Interview.state,
        )
        .where(Interview.candidate == candidate_id)
        .order_by(Interview.id, ascending=False)
        .limit(_MOST_INTERVIEWS)
    )
    return msgspec.convert(found, list[ListedInterview])


class ListedJobs(msgspec.Struct, frozen=True, kw_only=True):
    """Jobs to choose from, in the order of their titles."""

    found: list[ListedJob] = []
    has_more: bool = False  # older ones


# The newest jobs whose title and company have these words, and those that are asked for anyway.
_JOBS = Statement("""
    (SELECT id, title, company, true AS is_newest FROM job WHERE NOT EXISTS (
        SELECT FROM unnest(:words::text[]) AS word WHERE strpos(search_text(title || ' ' || company), word) = 0
    ) ORDER BY id DESC LIMIT :limit)
    UNION ALL
    SELECT id, title, company, false FROM job WHERE id = :chosen
""")


async def jobs(text: str = "", *, chosen: UUID | None = None) -> ListedJobs:
    """Return the 200 newest jobs that have the words of a text, and the chosen one however old it is."""
    words = await words_of(text) if text else []
    rows = await _JOBS.rows(words=words, chosen=chosen, limit=_MOST_JOBS + 1)
    newest = [row for row in rows if row["is_newest"]]
    listed = {row["id"]: row for row in (*newest[:_MOST_JOBS], *rows[len(newest) :])}
    found = [msgspec.convert(dict(row), ListedJob) for row in listed.values()]
    by_title = sorted(found, key=lambda one: (one.title.casefold(), one.company.casefold(), one.id))
    return ListedJobs(found=by_title, has_more=len(newest) > _MOST_JOBS)


# Whose slots there are: along their index, one look at it for each of them.
_ALL_INTERVIEWERS = """
    WITH RECURSIVE interviewer AS (
        (SELECT interviewer_key AS key, interviewer_email AS email, interviewer_name AS name FROM slot
            WHERE interviewer_key IS NOT NULL ORDER BY interviewer_key DESC, starts_at DESC, id DESC LIMIT 1)
        UNION ALL
        SELECT other.* FROM interviewer last, LATERAL (
            SELECT interviewer_key, interviewer_email, interviewer_name FROM slot WHERE interviewer_key < last.key
            ORDER BY interviewer_key DESC, starts_at DESC, id DESC LIMIT 1
        ) AS other
    ), listed AS (SELECT * FROM interviewer LIMIT :most)
"""
# Them, in the order of their addresses.
_INTERVIEWERS = Statement(f"{_ALL_INTERVIEWERS} SELECT * FROM listed ORDER BY email")  # noqa: S608 (a constant of ours)  # noqa: S608 (a constant of our own)


async def interviewers() -> list[ListedInterviewer]:
    """Return the interviewers of slots, at most 2,000, in the order of their addresses."""
    return await _INTERVIEWERS.structs(ListedInterviewer, most=_MOST_INTERVIEWERS)


_HAS = """CASE WHEN length(word) < 3 THEN search_keys(text) @> ARRAY['^' || word] ELSE strpos(text, word) > 0 END"""
# Which jobs have a word: they are few beside the bookings.
_JOBS_WITH = Statement(f"""
    SELECT word, array_agg(id) AS found
    FROM unnest(:words::text[]) AS word, (SELECT id, search_text(title || ' ' || company) AS text FROM job) AS job
    WHERE {_HAS} GROUP BY word
""")  # noqa: S608 (a constant of our own)
# Which interviewers have it.
_INTERVIEWERS_WITH = Statement(f"""
    {_ALL_INTERVIEWERS}
    SELECT word, array_agg(key) AS found
    FROM unnest(:words::text[]) AS word, (SELECT key, search_text(name || ' ' || email) AS text FROM listed) AS them
    WHERE {_HAS} GROUP BY word
""")  # noqa: S608 (as above)


async def placed(text: str) -> list[PlacedWord]:
    """Return the words of a text, and which jobs and interviewers have each of them."""
    words = await words_of(text)
    jobs = {row["word"]: row["found"] for row in await _JOBS_WITH.rows(words=words)}
    them = {row["word"]: row["found"] for row in await _INTERVIEWERS_WITH.rows(words=words, most=_MOST_INTERVIEWERS)}
    return [PlacedWord(word=word, jobs=jobs.get(word, []), interviewers=them.get(word, [])) for word in words]


async def page(
    only: BookingSearch, *, limit: int, after: ListPlace | None, now: datetime | None = None
) -> list[AgendaItem]:
    """Return at most `limit` bookings, latest start first, beginning behind the place `after`."""
    found = await ids(only, limit=limit, after=after)
    items = await agenda.of_schedules(found, now=now) if found else {}
    return [items[one] for one in found if one in items]


async def ids(only: BookingSearch, *, limit: int, after: ListPlace | None = None) -> list[UUID]:
    """Return the ids of the same bookings, in the same order."""
    values: dict[str, object] = msgspec.structs.asdict(only)
    conditions = [condition for name, condition in _CONDITIONS.items() if values[name] is not None]
    if only.state is not None:
        conditions.append(_STATES[only.state])
    if after is not None:
        conditions.append("(sc.starts_at, sc.id) < (:after_start, :after)")
        values |= {"after_start": after.at, "after": after.id}
    sources = ["true"]
    if only.words is not None:
        if not only.words:
            return []
        sources = _having(only.words)
        values |= _values_of(only.words)
        conditions.append("c.erased_at IS NULL")
    lists = [_listed([source, *conditions], limit) for source in sources]
    rows = await rows_of(_PAGE.format(lists=" UNION ".join(lists), limit=limit), values)
    return [row["id"] for row in rows]


# A page: what comes first of its lists, each of which is found along an index of its own.
_PAGE = "SELECT id FROM ({lists}) AS found ORDER BY starts_at DESC, id DESC LIMIT {limit:d}"
_LIST = """(
    SELECT sc.starts_at, sc.id FROM schedule sc {joins} WHERE {conditions}
    ORDER BY sc.starts_at DESC, sc.id DESC LIMIT {limit:d}
)"""
# What a list needs besides the bookings, by the name that its conditions use.
_JOINS = {
    "c.": "JOIN candidate c ON c.id = sc.candidate",
    "sl.": "JOIN slot sl ON sl.id = sc.slot",
    "i.": "JOIN interview i ON i.id = sc.interview",
    "se.": "JOIN session se ON se.schedule = sc.id",
}
# Only those of the filters that are set, as "or is null" would keep an index from them.
_CONDITIONS: Mapping[str, str] = {
    "job": "sc.job = :job",
    "interviewer": "sl.interviewer_key = address_key(:interviewer)",
    "candidate": "sc.candidate = :candidate",
    "starts_from": "sc.starts_at >= :starts_from",
    "starts_before": "sc.starts_at < :starts_before",
}
# As the index `sessions_asking_for_another_time` has it.
_ASKS = "se.late_requested_at > se.closes_at AND se.entered_at IS NULL"
_DOES_NOT_ASK = f"({_ASKS}) IS NOT TRUE"  # nor is it unknown: most have never asked
# A booking is in one state alone, as its headline says one thing: who asks for another time is listed there, whatever
# the booking and the interview were before.
_STATES: Mapping[ListedState, str] = {
    ListedState.PENDING: f"sc.state = 'pending' AND i.state = 'scheduled' AND {_DOES_NOT_ASK}",
    ListedState.CONFIRMED: f"sc.state = 'confirmed' AND i.state = 'scheduled' AND {_DOES_NOT_ASK}",
    ListedState.IN_PROGRESS: "sc.state <> 'cancelled' AND i.state = 'in_progress'",
    ListedState.COMPLETED: "sc.state <> 'cancelled' AND i.state = 'completed'",
    ListedState.NO_SHOW: f"sc.state <> 'cancelled' AND i.state = 'no_show' AND {_DOES_NOT_ASK}",
    ListedState.LATE_REQUEST: f"sc.state <> 'cancelled' AND {_ASKS}",
    ListedState.CANCELLED: "sc.state = 'cancelled'",
}


def _listed(conditions: Sequence[str], limit: int) -> str:
    joins = [join for name, join in _JOINS.items() if any(re.search(rf"\b{re.escape(name)}", it) for it in conditions)]
    return _LIST.format(joins=" ".join(joins), conditions=" AND ".join(conditions), limit=limit)


def _having(words: Sequence[PlacedWord]) -> list[str]:
    """Return the conditions of lists that together have every booking with these words.

    A word that no job and no interviewer has must be the candidate's, who is then found by the index of people.
    Otherwise one list has those of whose candidate the first word is, one those of its jobs, one of its interviewers.
    """
    order = sorted(range(len(words)), key=lambda nth: bool(words[nth].jobs) + bool(words[nth].interviewers))
    others = [" OR ".join(reversed(_places(nth, words[nth], by_index=False))) for nth in order[1:]]
    return [
        " AND ".join([source, *(f"({other})" for other in others)]) for source in _places(order[0], words[order[0]])
    ]


def _places(nth: int, word: PlacedWord, *, by_index: bool = True) -> list[str]:
    """Return where the nth word may be: with the candidate, in the job, with the interviewer."""
    places = [_person_has(nth, word.word, by_index=by_index)]
    if word.jobs:
        places.append(f"sc.job = ANY(:jobs_{nth}::uuid[])")
    if word.interviewers:
        places.append(f"sl.interviewer_key = ANY(:interviewers_{nth}::text[])")
    return places


def _values_of(words: Sequence[PlacedWord]) -> dict[str, object]:
    return {
        f"{name}_{nth}": value
        for nth, it in enumerate(words)
        for name, value in {
            "word": it.word,
            "keys": _keys(it.word),
            "jobs": it.jobs,
            "interviewers": it.interviewers,
        }.items()
    }
