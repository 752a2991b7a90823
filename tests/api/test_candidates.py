import asyncio
from typing import Any

import httpx
import pytest

from api.clients import NOWHERE, count, ok, problem
from samples import candidate_fields

PATH = "/api/candidates/"
WHOLE = {
    "full_name": "Asha Rao",
    "email": "Asha@example.com",
    "time_zone": "Europe/Berlin",
    "locale": "de_DE",
    "phone": "+49 30 1234",
    "resume_text": "Cooked\nfor years. 🍲",
}
LONGEST_LOCAL = "a" * (254 - len("@example.com"))


async def test_a_candidate_is_stored_and_shown(api: httpx.AsyncClient) -> None:
    created = await api.post(PATH, json=WHOLE)
    assert created.status_code == 201
    body = created.json()
    assert {name: body[name] for name in WHOLE} == WHOLE
    assert body["created_at"].endswith("+05:30")
    assert created.headers["location"] == f"/api/candidates/{body['id']}/"
    assert await ok(api, created.headers["location"]) == body


async def test_what_was_not_given_is_empty_or_unknown(api: httpx.AsyncClient) -> None:
    body = (await api.post(PATH, json={"full_name": "Asha", "email": "a@example.com"})).json()
    assert (body["time_zone"], body["locale"], body["phone"], body["resume_text"]) == (None, None, "", "")


async def test_one_address_is_one_candidate_letter_case_aside(api: httpx.AsyncClient) -> None:
    first = (await api.post(PATH, json=WHOLE)).json()
    again = await api.post(PATH, json={"full_name": "Asha Rao", "email": "ASHA@EXAMPLE.COM"})
    assert again.status_code == 200
    assert again.json() == first
    assert again.headers["location"] == f"/api/candidates/{first['id']}/"
    other = await api.post(PATH, json={**WHOLE, "full_name": "Somebody Else", "phone": "1", "locale": "de_DE"})
    body = problem(other, 409, "differs-from-known")
    assert body["fields"] == ["full_name", "phone"]
    assert "full_name, phone" in body["detail"]
    assert await count(api, PATH) == 1


async def test_of_many_who_store_one_address_at_once_one_creates_it(api: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(api.post(PATH, json=WHOLE) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert len({answer.json()["id"] for answer in answers}) == 1


BAD: list[tuple[dict[str, Any], str]] = [
    ({"email": "asha@\x1b[2Jx.example"}, "email"),
    ({"email": "as\x7fha@x.example"}, "email"),
    ({"full_name": ""}, "full_name"),
    ({"full_name": " \t\n"}, "full_name"),
    ({"full_name": "\u00a0"}, "full_name"),
    ({"full_name": "a" * 201}, "full_name"),
    ({"full_name": None}, "full_name"),
    ({"full_name": 7}, "full_name"),
    ({"full_name": "As\x00ha"}, "full_name"),
    ({"email": ""}, "email"),
    ({"email": "asha"}, "email"),
    ({"email": "@example.com"}, "email"),
    ({"email": "asha@"}, "email"),
    ({"email": "asha@.com"}, "email"),
    ({"email": "asha@example..com"}, "email"),
    ({"email": "asha@example.com."}, "email"),
    ({"email": "asha@example.com\n"}, "email"),
    ({"email": "asha@example.com\r\nBcc: all@example.com"}, "email"),
    ({"email": "asha rao@example.com"}, "email"),
    ({"email": "Asha <asha@example.com>"}, "email"),
    ({"email": "a@example.com,b@example.com"}, "email"),
    ({"email": "asha@example.com\x00"}, "email"),
    ({"email": f"a{LONGEST_LOCAL}@example.com"}, "email"),
    ({"email": ["asha@example.com"]}, "email"),
    ({"time_zone": "Mars/Olympus"}, "time_zone"),
    ({"time_zone": "../../etc/passwd"}, "time_zone"),
    ({"time_zone": ""}, "time_zone"),
    ({"time_zone": 5}, "time_zone"),
    ({"locale": "d\x00e"}, "locale"),
    ({"locale": "x" * 36}, "locale"),
    ({"phone": None}, "phone"),
    ({"phone": "1" * 2001}, "phone"),
    ({"phone": "1\x00"}, "phone"),
    ({"resume_text": "a" * 20_001}, "resume_text"),
    ({"resume_text": "a\x00"}, "resume_text"),
]


async def test_each_bad_field_is_a_problem_that_names_it(api: httpx.AsyncClient) -> None:
    for fields, field in BAD:
        body = problem(await api.post(PATH, json=candidate_fields(**fields)), 400, "bad-input", field)
        assert "regex" not in body["detail"], body
    assert await count(api, PATH) == 0


async def test_missing_and_unknown_fields_are_named(api: httpx.AsyncClient) -> None:
    assert "email" in problem(await api.post(PATH, json={"full_name": "Asha"}), 400, "bad-input", "email")["detail"]
    body = problem(await api.post(PATH, json=candidate_fields(fullname="x")), 400, "bad-input", "fullname")
    assert "not known" in body["detail"]


async def test_a_blank_name_and_a_bad_address_are_told_in_words(api: httpx.AsyncClient) -> None:
    blank = await api.post(PATH, json=candidate_fields(full_name=" "))
    assert blank.json()["errors"] == [{"field": "full_name", "message": "must not be blank"}]
    bad = await api.post(PATH, json=candidate_fields(email="x"))
    assert bad.json()["errors"][0]["message"] == "must be a mail address, such as name@example.com"


@pytest.mark.parametrize(
    "address",
    ["o'brien@example.com", "a+b@example.co.in", "jürgen@exämple.de", "a@localhost", f"{LONGEST_LOCAL}@example.com"],
)
async def test_unusual_addresses_are_taken_as_they_are(api: httpx.AsyncClient, address: str) -> None:
    created = await api.post(PATH, json=candidate_fields(email=address))
    assert created.status_code == 201, created.text
    assert created.json()["email"] == address


async def test_texts_come_back_as_they_were_sent(api: httpx.AsyncClient) -> None:
    text = "नमस्ते 🙏\t'; DROP TABLE candidate; --\r\n\\ \" \u202e %s {x}"
    created = await api.post(PATH, json=candidate_fields(full_name=text, resume_text=text))
    assert (created.json()["full_name"], created.json()["resume_text"]) == (text, text)


async def test_half_of_a_surrogate_pair_is_refused(api: httpx.AsyncClient) -> None:
    body = b'{"full_name": "\\ud800", "email": "a@example.com"}'
    answered = await api.post(PATH, content=body, headers={"Content-Type": "application/json"})
    assert answered.status_code == 400
    assert answered.headers["content-type"] == "application/problem+json"


async def test_an_unknown_candidate_is_not_found(api: httpx.AsyncClient) -> None:
    body = problem(await api.get(f"{PATH}{NOWHERE}/"), 404, "not-found")
    assert body["detail"] == f"There is no candidate with the id {NOWHERE}."
