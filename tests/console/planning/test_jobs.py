"""A job is created once, with a question for each line."""

import httpx
import pytest

from console.planning.pressing import faults_on, said_on, sent
from console.signing import sign_in
from factories import rows
from hireloop.access.tables import Role

PAGE = "/console/new/job/"
JOB = {"title": "Platform Engineer", "company": "Acme"}


@pytest.fixture(autouse=True)
async def signed_in(client: httpx.AsyncClient) -> None:
    await sign_in(client, Role.RECRUITER)


async def test_a_job_is_created_and_an_interview_is_next(client: httpx.AsyncClient) -> None:
    answer = await sent(client, PAGE, **JOB, questions="Why?\r\n\r\n  How?  ", names_interviewer="on")
    (row,) = await rows("job")
    assert (row["title"], row["names_interviewer"], row["recruiter_email"]) == ("Platform Engineer", True, None)
    assert str(row["questions"]) == '["Why?", "How?"]' or row["questions"] == ["Why?", "How?"]
    assert answer.headers["location"] == f"/console/new/interview/?job={row['id']}&done=job-created"
    assert "The job was created." in await said_on(client, answer)
    again = await sent(client, PAGE, **JOB)
    assert "already existed" in await said_on(client, again)
    assert len(await rows("job")) == 1


async def test_what_is_wrong_is_said_at_its_field(client: httpx.AsyncClient) -> None:
    typed = {"title": "T", "company": "", "coding_language": "klingon", "questions": f"Short?\n{'x' * 2_001}"}
    answer = await sent(client, PAGE, **typed)
    assert answer.status_code == 400
    assert faults_on(answer) == {
        "company": "Fill in this field.",
        "questions": "The question in line 2 has 2001 characters. Shorten it to 2000 or fewer.",
    }
    answer = await sent(client, PAGE, **{**typed, "company": "Acme", "questions": "\n".join(["?"] * 101)})
    assert faults_on(answer)["questions"] == "These are 101 questions. Leave 100 or fewer."
    answer = await sent(client, PAGE, **{**typed, "company": "Acme", "questions": "a\x00"})
    assert "cannot be stored" in faults_on(answer)["questions"]
    answer = await sent(client, PAGE, **{**typed, "company": "Acme", "questions": "Kept?"})
    assert set(faults_on(answer)) == {"coding_language"}
    assert "Kept?" in answer.text
    assert await rows("job") == []


async def test_a_known_job_with_other_values_is_shown_to_be_used(client: httpx.AsyncClient) -> None:
    await sent(client, PAGE, **JOB, description="Runs it", questions="Why?")
    (row,) = await rows("job")
    answer = await sent(client, PAGE, **JOB, description="Breaks it", questions="How?", names_interviewer="on")
    assert answer.status_code == 409
    for shown in ("Runs it", "Why?", ">no<", f'href="/console/new/interview/?job={row["id"]}"', "Breaks it"):
        assert shown in answer.text, shown
