"""A candidate is created once, and whatever is wrong is said at its field with everything that was typed."""

import httpx
import pytest

from console.planning.pressing import faults_on, said_on, sent
from console.signing import sign_in
from factories import rows
from hireloop.access.tables import Role

PAGE = "/console/new/candidate/"
ASHA = {"full_name": "Asha Rao", "email": "asha@example.com", "time_zone": "Asia/Calcutta", "locale": "en-in"}


@pytest.fixture(autouse=True)
async def signed_in(client: httpx.AsyncClient) -> None:
    await sign_in(client, Role.RECRUITER)


async def test_a_candidate_is_created_and_their_interview_is_next(client: httpx.AsyncClient) -> None:
    answer = await sent(client, PAGE, **ASHA, phone="", resume_text="Ten years\r\nof PostgreSQL")
    (row,) = await rows("candidate")
    assert answer.headers["location"] == f"/console/new/interview/?candidate={row['id']}&done=candidate-created"
    assert (row["full_name"], row["email"], row["phone"]) == ("Asha Rao", "asha@example.com", "")
    assert (row["time_zone"], row["locale"]) == ("Asia/Kolkata", "en-IN")
    assert row["resume_text"] == "Ten years\nof PostgreSQL"
    assert "The candidate was created." in await said_on(client, answer)
    (entry,) = [one for one in await rows("audit_entry") if one["action"] == "candidate.created"]
    assert (entry["actor"], entry["subject"]) == ("Rita", row["id"])


async def test_two_presses_create_one_candidate(client: httpx.AsyncClient) -> None:
    answers = [await sent(client, PAGE, **ASHA) for _ in range(2)]
    (row,) = await rows("candidate")
    assert [answer.headers["location"].rpartition("=")[2] for answer in answers] == [
        "candidate-created",
        "candidate-known",
    ]
    assert all(str(row["id"]) in answer.headers["location"] for answer in answers)


async def test_everything_that_is_wrong_is_said_at_once_and_nothing_typed_is_lost(client: httpx.AsyncClient) -> None:
    typed = {
        "full_name": "<b>" + "a" * 200,
        "email": "asha at example.com",
        "time_zone": "Middle/Earth",
        "locale": "xx-yy",
        "phone": "abc",
        "resume_text": "\n  <Kept> words",
    }
    answer = await sent(client, PAGE, **typed)
    assert answer.status_code == 400
    assert faults_on(answer) == {"full_name": "This text has 203 characters. Shorten it to 200 or fewer."}
    answer = await sent(client, PAGE, **{**typed, "full_name": "Asha <b>"})
    found = faults_on(answer)
    assert set(found) == {"email", "time_zone", "locale", "phone"}
    assert found["email"].startswith("Must be an email address, such as name@example.com.")
    for kept in ("Asha &lt;b&gt;", "asha at example.com", "Middle/Earth", "xx-yy", 'value="abc"', "&lt;Kept&gt; words"):
        assert kept in answer.text, kept
    assert "<title>Not done" in answer.text
    client.headers["Accept-Language"] = "de"
    answer = await sent(client, PAGE, **{**typed, "full_name": "Asha"})
    found = faults_on(answer)
    assert found["phone"] == "Muss eine Telefonnummer mit Landesvorwahl und ohne Buchstaben sein, etwa +49 30 1234567."
    assert set(found) == {"email", "time_zone", "locale", "phone"}
    assert all(words.startswith("Muss eine ") for words in found.values())
    assert await rows("candidate") == []


async def test_the_language_is_chosen_from_a_list_and_another_that_was_sent_stays(
    client: httpx.AsyncClient,
) -> None:
    page = (await client.get(PAGE)).text
    assert '<option value="de-AT" lang="de-AT">Deutsch (Österreich)</option>' in page
    assert '<option value="hi" lang="hi">हिन्दी</option>' in page
    answer = await sent(client, PAGE, email="asha@mail.example", locale="fr")
    assert '<option value="fr" selected>fr</option>' in answer.text
    for name, locale in (("Asha", "en-IN"), ("Wei", "")):
        await sent(client, PAGE, full_name=name, email=f"{name}@mail.example", locale=locale)
    assert {row["full_name"]: row["locale"] for row in await rows("candidate")} == {"Asha": "en-IN", "Wei": None}


async def test_a_field_that_is_required_and_a_text_that_cannot_be_stored_are_named(client: httpx.AsyncClient) -> None:
    answer = await sent(client, PAGE, full_name="  ", email="", resume_text="a\x00b")
    assert answer.status_code == 400
    assert faults_on(answer) == {
        "full_name": "Fill in this field.",
        "email": "Fill in this field.",
        "resume_text": "This text contains an invisible character that cannot be stored (U+0000). Remove it.",
    }


async def test_a_resume_that_is_too_long_comes_back_whole(client: httpx.AsyncClient) -> None:
    answer = await sent(client, PAGE, **ASHA, resume_text="é" * 30_000)
    assert answer.status_code == 400
    assert "é" * 30_000 in answer.text
    assert "Shorten it to 20000 or fewer" in faults_on(answer)["resume_text"]


async def test_somebody_known_by_that_address_with_other_values_is_shown_to_be_used(client: httpx.AsyncClient) -> None:
    await sent(client, PAGE, **ASHA, phone="+91 80 5550 0100")
    answer = await sent(client, PAGE, **{**ASHA, "email": "ASHA@example.com", "full_name": "A. Rao"})
    (row,) = await rows("candidate")
    assert answer.status_code == 409
    assert "A candidate with this address already exists" in answer.text
    assert 'Full name: <bdi class="notes">Asha Rao</bdi>' in answer.text
    assert f'href="/console/new/interview/?candidate={row["id"]}"' in answer.text
    assert 'value="A. Rao"' in answer.text
