"""An interview is made of a candidate and a job that are chosen; the empty page says what comes first."""

from uuid import UUID

import httpx
import pytest

from console.planning.pressing import faults_on, said_on, sent
from console.signing import fields_of, sign_in
from factories import TESTS, candidate_fields, rows
from hireloop import db
from hireloop.access.tables import Role
from hireloop.scheduling.people import candidates, jobs
from hireloop.scheduling.people.candidates import CandidateFields
from hireloop.scheduling.people.jobs import JobFields

PAGE = "/console/new/interview/"


@pytest.fixture(autouse=True)
async def signed_in(client: httpx.AsyncClient) -> None:
    await sign_in(client, Role.RECRUITER)


async def candidate(name: str) -> UUID:
    fields = candidate_fields(full_name=name)
    return (await candidates.create(CandidateFields(**fields), by=TESTS))[0].id  # type: ignore[arg-type] # texts


async def job(title: str = "Engineer") -> UUID:
    return (await jobs.create(JobFields(title=title, company="Acme"), by=TESTS))[0].id


async def test_an_empty_installation_says_what_comes_first(client: httpx.AsyncClient) -> None:
    page = (await client.get(PAGE)).text
    assert "There is no candidate yet. Create one first." in page
    assert "There is no job yet. Create one first." in page
    assert "Create the interview" not in page


async def test_an_interview_is_created_and_its_time_is_next(client: httpx.AsyncClient) -> None:
    who, what = await candidate("Asha Rao"), await job()
    page = (await client.get(f"{PAGE}?candidate={who}&job={what}")).text
    assert f'value="{who}" required checked' in page
    assert f'<option value="{what}" selected>' in page
    answer = await sent(client, PAGE, candidate=str(who), job=str(what), round="2")
    (row,) = await rows("interview")
    assert (row["candidate"], row["job"], row["round"], row["state"]) == (who, what, 2, "open")
    assert answer.headers["location"] == f"/console/new/booking/?interview={row['id']}&done=interview-created"
    assert await said_on(client, answer) == "The interview was created. Now book it."


async def test_a_form_that_is_sent_twice_creates_one_interview(client: httpx.AsyncClient) -> None:
    who, what = await candidate("Asha Rao"), await job()
    fields = {**fields_of((await client.get(PAGE)).text), "candidate": str(who), "job": str(what), "round": "1"}
    first, second = [await client.post(PAGE, data=fields) for _ in range(2)]
    (row,) = await rows("interview")
    assert str(row["id"]) == fields["form"]
    assert first.headers["location"].endswith("done=interview-created")
    assert second.headers["location"] == f"/console/new/booking/?interview={row['id']}&done=interview-known"
    await sent(client, PAGE, candidate=str(who), job=str(what), round="1")
    assert len(await rows("interview")) == 2, "another form is another interview"


async def test_without_a_choice_nothing_is_created_and_the_rest_is_kept(client: httpx.AsyncClient) -> None:
    what = await job()
    await candidate("Asha Rao")
    gone = "01990000-0000-7000-8000-000000000000"
    for fields in ({"round": "101"}, {"candidate": "nonsense", "round": "-1"}):
        answer = await sent(client, PAGE, **fields, job=str(what))
        assert answer.status_code == 400
        assert faults_on(answer) == {
            "candidate": "Choose one from the list.",
            "round": "Enter a whole number from 1 to 100.",
        }
        assert f'<option value="{what}" selected>' in answer.text
    answer = await sent(client, PAGE, job=str(what), candidate=gone, round="1")
    assert answer.status_code == 400
    assert "There is no candidate with the ID" in faults_on(answer)["candidate"]
    assert await rows("interview") == []


async def test_an_older_candidate_is_found_by_the_beginning_of_their_name(client: httpx.AsyncClient) -> None:
    old, what = await candidate("Zoë Old"), await job()
    for number in range(21):
        await candidate(f"New {number}")
    page = (await client.get(PAGE)).text
    assert str(old) not in page
    assert "Only the newest are shown." in page
    found = await sent(client, PAGE, find="candidate", find_candidate="zoë", job=str(what), round="3")
    assert found.status_code == 200
    assert f'value="{old}"' in found.text
    assert f'<option value="{what}" selected>' in found.text
    assert 'name="round" value="3"' in found.text
    nobody = await sent(client, PAGE, find="candidate", find_candidate="x\x00y")
    assert nobody.status_code == 200
    assert "No candidate’s name or address begins like this." in nobody.text  # noqa: RUF001 (as it is written)
    assert await rows("interview") == []


@pytest.mark.parametrize("page", [PAGE, "/console/new/slot/", "/console/new/series/"])
async def test_an_older_job_is_found_by_its_words(
    client: httpx.AsyncClient, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hireloop.scheduling.bookings.lists.search._MOST_JOBS", 1)
    await candidate("Asha Rao")
    old, new = await job("Zoo keeper"), await job()
    shown = (await client.get(page)).text
    assert "Only the newest jobs are listed." in shown
    assert f'value="{new}"' in shown
    assert f'value="{old}"' not in shown
    found = await sent(client, page, find="job", find_job="keeper", round="3")
    assert found.status_code == 200
    assert f'<option value="{old}">' in found.text
    assert f'value="{new}"' not in found.text
    chosen = await sent(client, page, find="job", find_job="nothing", job=str(old))
    assert f'<option value="{old}" selected>' in chosen.text
    assert await rows("slot") == await rows("interview") == []


async def test_an_erased_candidate_is_not_offered(client: httpx.AsyncClient) -> None:
    who = await candidate("Asha Rao")
    await job()
    await db.fetch("UPDATE candidate SET erased_at = now() WHERE id = $1", who)
    page = (await client.get(f"{PAGE}?candidate={who}")).text
    assert str(who) not in page.split("<form", 2)[2]
