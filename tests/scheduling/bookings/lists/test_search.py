"""Search: who and what is found by which words, filtered, page by page, and never anybody who was erased."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from factories import OUTBOX, TESTS, book, make_slot, rows, soon
from hireloop import db
from hireloop.scheduling import interviews
from hireloop.scheduling.bookings import cancellations
from hireloop.scheduling.bookings.lists import agenda, search
from hireloop.scheduling.bookings.lists.agenda import AgendaItem
from hireloop.scheduling.bookings.lists.places import ListPlace
from hireloop.scheduling.bookings.lists.search import BookingSearch, ListedState
from hireloop.scheduling.people import jobs
from hireloop.scheduling.people.candidates import CandidateFields
from hireloop.scheduling.people.jobs import JobFields
from hireloop.scheduling.privacy import erasure
from hireloop.statements import rows_of

pytestmark = pytest.mark.usefixtures("database")


async def booked(
    name: str,
    email: str,
    *,
    title: str = "Nurse",
    company: str = "Example",
    hours: float = 24,
    interviewer: str = "Olga Ivanova",
    interviewer_email: str = "olga@corp.example",
) -> UUID:
    interview = await interviews.create(
        CandidateFields(full_name=name, email=email), JobFields(title=title, company=company), by=TESTS
    )
    slot = await make_slot(
        starts_at=soon(60 * hours), interviewer_name=interviewer, interviewer_email=interviewer_email
    )
    return (await book(interview.id, slot)).booking.id


def place(item: AgendaItem) -> ListPlace:
    """Return where a booking was listed."""
    return ListPlace(at=item.booking.starts_at, id=item.booking.id)


async def moved(booking: UUID, *, hours: float) -> None:
    await db.fetch(
        "UPDATE schedule SET starts_at = starts_at + $2, ends_at = ends_at + $2 WHERE id = $1",
        booking,
        timedelta(hours=hours),
    )


async def names(words: str) -> list[str]:
    """Return whom a search for these words finds, by the bookings that it finds."""
    found = await search.page(BookingSearch(words=await search.placed(words)), limit=50, after=None)
    return sorted(one.candidate_name for one in found)


async def people(words: str) -> list[str]:
    return [one.full_name for one in await search.people(await search.words_of(words), limit=50)]


@pytest.mark.parametrize(
    "words",
    [
        "josé",
        "JOSE",
        "Jos",
        "ose",
        "garci",
        "GARCÍA josé",
        "jg@mail",
        "mail.example",
        "g",
        "ga",
        "  jose  jg@ ",
        "JOSÉ",
    ],
)
async def test_people_are_found_by_parts_of_words_whatever_their_case_and_accents(words: str) -> None:
    await booked("José García", "JG@mail.example")
    await booked("Wei Chen", "wei@x.example", hours=30)
    assert await people(words) == ["José García"]
    assert await names(words) == ["José García"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Søren Łukasz Weiß", "soren lukasz weiss"),
        ("आशा राव", "आशा"),
        ("王伟", "王"),
        ("Ægir Þórsson", "aegir thors"),
        ("100% O'Neil_", "o'neil_"),
        ("100% O'Neil_", "100%"),
        ("Back\\slash", "k\\sl"),
    ],
)
async def test_names_of_every_kind_are_found(name: str, words: str) -> None:
    await booked(name, "one@mail.example")
    await booked("Nobody Else", "two@x.example", hours=30)
    assert await people(words) == [name]


@pytest.mark.parametrize("words", ["os", "r", "arcia x", "garcia wei", "%", "_", "...", "zzz", ""])
async def test_what_is_no_part_or_no_beginning_of_two_letters_finds_nobody(words: str) -> None:
    await booked("José García", "jg@mail.test")
    assert await people(words) == []
    assert await names(words) == []


@pytest.mark.parametrize(
    "words",
    ["designer", "esig", "acme", "olga", "ivan", "olga@corp", "chen designer", "olga chen acme", "wei olga design"],
)
async def test_bookings_are_found_by_the_job_the_interviewer_and_the_candidate_together(words: str) -> None:
    await booked("Wei Chen", "wei@mail.example", title="Designer", company="Acmé")
    await booked(
        "José García", "jg@mail.example", hours=30, interviewer="Tom Ray", interviewer_email="tom@other.example"
    )
    assert await names(words) == ["Wei Chen"]
    assert await names(f"{words} tom") == []


async def test_a_word_that_a_person_a_job_and_an_interviewer_have_finds_the_bookings_of_all_three() -> None:
    await booked("Nurse Jackie", "one@mail.example", title="Designer")
    await booked("Two", "two@mail.example", title="Nurse", hours=30)
    await booked("Three", "three@mail.example", title="Cook", hours=40, interviewer="Nurse Olga")
    await booked("Four", "four@mail.example", title="Cook", hours=50, interviewer_email="x@y.example")
    # The latest of an interviewer's slots says what they are called.
    await db.fetch("UPDATE slot SET interviewer_name = 'Nurse Olga' WHERE interviewer_email = 'olga@corp.example'")
    assert await names("nurse") == ["Nurse Jackie", "Three", "Two"]


async def test_who_was_erased_is_found_by_nothing() -> None:
    await booked("José García", "jg@mail.example", title="Designer")
    (person,) = await rows("candidate")
    await erasure.erase(person["id"], by=TESTS, outbox=OUTBOX)
    for words in ("jose", "jg@mail", "erased", "designer", "olga"):
        assert await people(words) == []
        assert await names(words) == []


async def test_bookings_are_filtered_by_everything_that_a_filter_has() -> None:
    first = await booked("One", "one@mail.example", title="Designer", hours=24)
    second = await booked("Two", "two@mail.example", hours=48, interviewer_email="tom@corp.example")
    by_title = {one.title: one.id for one in (await search.jobs()).found}

    async def ids(**only: object) -> list[UUID]:
        found = await search.page(BookingSearch(**only), limit=50, after=None)  # type: ignore[arg-type] # as the test says
        return [one.booking.id for one in found]

    assert await ids() == [second, first]
    assert await ids(job=by_title["Designer"]) == [first]
    assert await ids(interviewer="TOM@corp.example") == [second]
    assert await ids(interviewer="nobody@corp.example") == []
    assert await ids(starts_from=soon(36 * 60)) == [second]
    assert await ids(starts_before=soon(36 * 60)) == [first]
    assert await ids(words=await search.placed("example"), job=by_title["Designer"]) == [first]
    assert await ids(words=await search.placed("one"), job=by_title["Nurse"]) == []
    one = next(it for it in await search.page(BookingSearch(), limit=50, after=None) if it.booking.id == first)
    assert await ids(candidate=one.candidate_id) == [first]


async def test_every_state_lists_what_is_in_it() -> None:
    made = {
        state: await booked(state, f"{state}@mail.example", hours=24 + nth) for nth, state in enumerate(ListedState)
    }
    await cancellations.cancel(made[ListedState.CANCELLED], by=TESTS, reason="", outbox=OUTBOX)
    await db.fetch("UPDATE schedule SET state = 'confirmed' WHERE id = $1", made[ListedState.CONFIRMED])
    for state in (ListedState.IN_PROGRESS, ListedState.COMPLETED, ListedState.NO_SHOW):
        await db.fetch(
            "UPDATE interview SET state = $2 WHERE id = (SELECT interview FROM schedule WHERE id = $1)",
            made[state],
            state,
        )
    asked = made[ListedState.LATE_REQUEST]
    await db.fetch("UPDATE session SET late_requested_at = closes_at + interval '1 minute' WHERE schedule = $1", asked)
    for own in ("pending", "confirmed"):  # whatever the candidate had said before
        await db.fetch("UPDATE schedule SET state = $2 WHERE id = $1", asked, own)
        for state, ident in made.items():
            found = [one.booking.id for one in await search.page(BookingSearch(state=state), limit=50, after=None)]
            assert found == [ident], (own, state)


async def test_who_asks_for_another_time_is_found_by_an_index_however_many_do_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ident = await booked("Asha", "asha@mail.example")
    await db.fetch("UPDATE session SET late_requested_at = closes_at + interval '1 minute'")
    await db.fetch(
        """
        WITH others AS (
            INSERT INTO interview
            SELECT (jsonb_populate_record(i, jsonb_build_object('id', gen_random_uuid()))).*
            FROM interview i, generate_series(1, 5000) RETURNING id
        ), made AS (
            INSERT INTO schedule SELECT (jsonb_populate_record(sc, jsonb_build_object(
                'id', gen_random_uuid(), 'interview', others.id,
                'starts_at', starts_at + n * interval '1 day', 'ends_at', ends_at + n * interval '1 day'
            ))).*
            FROM schedule sc, (SELECT id, row_number() OVER () AS n FROM others) others RETURNING id
        )
        INSERT INTO session SELECT (jsonb_populate_record(
            se, jsonb_build_object('id', gen_random_uuid(), 'schedule', made.id, 'late_requested_at', NULL))).*
        FROM session se, made
        """
    )
    await db.fetch("ANALYZE schedule, session")
    asked: list[str] = []

    async def explain(sql: str, values: Mapping[str, object]) -> list[Any]:
        asked.extend(row[0] for row in await rows_of(f"EXPLAIN {sql}", values))
        return list(await rows_of(sql, values))

    monkeypatch.setattr(search, "rows_of", explain)
    assert await search.ids(BookingSearch(state=ListedState.LATE_REQUEST), limit=50) == [ident]
    assert "sessions_asking_for_another_time" in "\n".join(asked)
    # Who has entered after all asks no longer, as on Attention.
    await db.fetch("UPDATE session SET entered_at = late_requested_at WHERE schedule = $1", ident)
    assert await search.ids(BookingSearch(state=ListedState.LATE_REQUEST), limit=50) == []


async def test_pages_go_on_where_the_last_one_ended() -> None:
    start = soon(24 * 60)
    for number in range(7):
        interview = await interviews.create(
            CandidateFields(full_name=f"Asha {number}", email=f"{number}@mail.example"),
            JobFields(title="Successor of Asha", company="Example"),
            by=TESTS,
        )
        await book(interview.id, starts_at=start + timedelta(hours=number // 2))
    seen: list[str] = []
    after = None
    asha = await search.placed("asha")
    while page := await search.page(BookingSearch(words=asha), limit=2, after=after):
        seen += [one.candidate_name for one in page]
        after = place(page[-1])
    assert len(seen) == len(set(seen)) == 7
    everything = await search.page(BookingSearch(), limit=50, after=None)
    assert [one.candidate_name for one in everything] == seen


async def test_a_page_goes_on_where_the_last_one_ended_even_if_its_last_booking_was_moved() -> None:
    made = [await booked(f"Asha {number}", f"{number}@mail.example", hours=24 + number) for number in range(6)]
    first = await search.page(BookingSearch(), limit=2, after=None)
    assert [one.booking.id for one in first] == [made[5], made[4]]
    await moved(made[4], hours=-20)
    second = await search.page(BookingSearch(), limit=2, after=place(first[-1]))
    assert [one.booking.id for one in second] == [made[3], made[2]]
    begin, end = soon(0), soon(60 * 48)
    of_day = await agenda.of_day(begin, end, limit=2, after=None)
    assert [one.booking.id for one in of_day] == [made[4], made[0]]
    await moved(made[0], hours=10)
    later = await agenda.of_day(begin, end, limit=2, after=place(of_day[-1]))
    assert [one.booking.id for one in later] == [made[1], made[2]]


async def test_interviewers_are_listed_once_with_the_name_of_their_latest_slot() -> None:
    await booked("One", "one@mail.example", interviewer="O. Ivanova")
    await booked("Two", "two@mail.example", hours=48)
    await booked("Three", "three@mail.example", hours=72, interviewer="Al", interviewer_email="al@corp.example")
    listed = await search.interviewers()
    assert [(one.email, one.name) for one in listed] == [
        ("al@corp.example", "Al"),
        ("olga@corp.example", "Olga Ivanova"),
    ]


async def test_the_newest_jobs_are_listed_others_found_by_words_and_the_chosen_one_is_always_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(search, "_MOST_JOBS", 2)
    made = {
        title: (await jobs.create(JobFields(title=title, company="Acmé"), by=TESTS))[0].id
        for title in ("Old nurse", "Cook", "Nurse", "Baker")
    }
    newest = await search.jobs()
    assert ([one.title for one in newest.found], newest.has_more) == (["Baker", "Nurse"], True)
    found = await search.jobs("NURSE acme")
    assert ([one.title for one in found.found], found.has_more) == (["Nurse", "Old nurse"], False)
    with_chosen = await search.jobs(chosen=made["Cook"])
    assert [one.title for one in with_chosen.found] == ["Baker", "Cook", "Nurse"]
    assert [one.title for one in (await search.jobs(chosen=made["Baker"])).found] == ["Baker", "Nurse"]
    assert (await search.jobs("nobody has this")).found == []


async def test_only_so_many_words_of_a_query_count() -> None:
    assert await search.words_of("a b a c d e f g") == ["a", "b", "c", "d", "e"]
    assert await search.words_of("x" * 1_000) == ["x" * search.LONGEST_QUERY]
    assert await search.words_of("nul\x00l") == ["null"]


async def test_a_statement_that_takes_too_long_is_ended() -> None:
    async def wait() -> None:
        async with db.snapshot():
            await search.limit_time(50)
            await db.fetch("SELECT pg_sleep(20)")

    with pytest.raises(search.TIMED_OUT):
        await wait()
    assert await db.fetch_value("SELECT current_setting('statement_timeout')") == "0"
