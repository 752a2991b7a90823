import asyncio
from typing import Any

import httpx
import pytest

from api.clients import NOWHERE, count, ok, problem
from api.factories import post_booking
from factories import candidate_fields, job_fields, post_interview, post_slot, rows, unaccounted
from hireloop import db

PATH = "/api/candidates/"
WHOLE = {
    "full_name": "Asha Rao",
    "email": "Asha@example.com",
    "time_zone": "Europe/Berlin",
    "locale": "de-DE",
    "phone": "+49301234567",
    "resume_text": "Cooked\nfor years. 🍲",
}
LONGEST_LOCAL = "a" * 64


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


async def test_one_address_is_one_candidate_ignoring_case(api: httpx.AsyncClient) -> None:
    first = (await api.post(PATH, json=WHOLE)).json()
    again = await api.post(PATH, json={"full_name": "Asha Rao", "email": "ASHA@EXAMPLE.COM"})
    assert again.status_code == 200
    assert again.json() == first
    assert again.headers["location"] == f"/api/candidates/{first['id']}/"
    other = await api.post(PATH, json={**WHOLE, "full_name": "Somebody Else", "phone": "", "locale": "de_DE"})
    body = problem(other, 409, "differs-from-known")
    assert body["fields"] == ["full_name", "phone"]
    assert "full_name, phone" in body["detail"]
    assert await count(api, PATH) == 1


async def test_a_zone_by_another_of_its_names_is_the_same(api: httpx.AsyncClient) -> None:
    first = await api.post(PATH, json=candidate_fields(email="asha@example.com", time_zone="Asia/Calcutta"))
    assert (first.status_code, first.json()["time_zone"]) == (201, "Asia/Kolkata")
    for name in ("Asia/Kolkata", "asia/calcutta", "India Standard Time"):
        again = await api.post(PATH, json=candidate_fields(email="asha@example.com", time_zone=name))
        assert (again.status_code, again.json()) == (200, first.json())
    path = first.headers["location"]
    etag = (await api.get(path)).headers["etag"]
    same = await api.patch(path, json={"time_zone": "Asia/Calcutta"}, headers={"If-Match": etag})
    assert same.json() == first.json()
    assert (await api.get(path)).headers["etag"] == etag
    moved = await api.patch(path, json={"time_zone": "nepal standard time"})
    assert moved.json()["time_zone"] == "Asia/Kathmandu"


async def test_an_address_in_another_spelling_is_the_same_person(api: httpx.AsyncClient) -> None:
    first = await api.post(PATH, json=candidate_fields(email="dup@xn--bcher-kva.example"))
    assert (first.status_code, first.json()["email"]) == (201, "dup@bücher.example")
    for spelt in ("dup@bücher.example", "dup@bu\u0308cher.example", "Dup@XN--BCHER-KVA.example"):
        again = await api.post(PATH, json=candidate_fields(email=spelt))
        assert (again.status_code, again.json()) == (200, first.json())
        found = await api.get(PATH, params={"email": spelt})
        assert found.json()["items"] == [first.json()]
    other = (await api.post(PATH, json=candidate_fields(email="other@bücher.example"))).headers["location"]
    problem(await api.patch(other, json={"email": "dup@xn--bcher-kva.example"}), 409, "address-taken")


async def test_a_phone_number_in_another_spelling_is_the_same(api: httpx.AsyncClient) -> None:
    first = await api.post(PATH, json={**WHOLE, "phone": "+49 (0)30 1234567"})
    assert (first.status_code, first.json()["phone"]) == (201, "+49301234567")
    assert (await api.post(PATH, json={**WHOLE, "phone": "+49-30-123 45 67"})).status_code == 200
    national = await api.patch(first.headers["location"], json={"phone": "(030) 1234567"})
    assert (national.status_code, national.json()["phone"]) == (200, "(030) 1234567")
    assert (await api.post(PATH, json={**WHOLE, "phone": "030/1234567"})).status_code == 200
    bad = await api.patch(first.headers["location"], json={"phone": "abc"})
    assert "such as +49 30 1234567" in problem(bad, 400, "bad-input", "phone")["detail"]


async def test_a_locale_in_another_spelling_is_the_same(api: httpx.AsyncClient) -> None:
    first = await api.post(PATH, json=candidate_fields(email="asha@example.com", locale="PT_br"))
    assert (first.status_code, first.json()["locale"]) == (201, "pt-BR")
    again = await api.post(PATH, json=candidate_fields(email="asha@example.com", locale="pt_BR"))
    assert (again.status_code, again.json()) == (200, first.json())
    bad = await api.patch(first.headers["location"], json={"locale": "xx-yy"})
    assert "such as en-IN, de or pt-BR" in problem(bad, 400, "bad-input", "locale")["detail"]


async def test_values_from_before_the_rules_stay_until_they_are_changed(api: httpx.AsyncClient) -> None:
    path = (await api.post(PATH, json=WHOLE)).headers["location"]
    old = {"time_zone": "Asia/Calcutta", "locale": "xx-yy", "phone": "abc", "email": "as\u200bha@example.com"}
    await db.fetch("UPDATE candidate SET time_zone = $1, locale = $2, phone = $3, email = $4", *old.values())
    kept = await api.patch(path, json={"resume_text": "New"})
    assert {name: kept.json()[name] for name in old} == old
    whole = {name: value for name, value in kept.json().items() if name in WHOLE}
    assert (await api.patch(path, json=whole)).json() == kept.json()
    assert (await api.post(PATH, json=whole)).json() == kept.json()
    assert (await api.post(PATH, json={**whole, "time_zone": "Asia/Kolkata"})).status_code == 200
    for name in ("locale", "phone", "email"):
        problem(await api.patch(path, json={**whole, name: f"{old[name]}y"}), 400, "bad-input", name)
    assert await ok(api, path) == kept.json()


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
    ({"email": "as\u200bha@example.com"}, "email"),
    ({"email": "asha\ufeff@example.com"}, "email"),
    ({"email": f"x@{'a' * 64}"}, "email"),
    ({"email": "u@😀.example"}, "email"),
    ({"email": "a..b@x.example"}, "email"),
    ({"email": "=?utf-8?q?asha?=@example.com"}, "email"),
    ({"email": "x@[127.0.0.1]"}, "email"),
    ({"time_zone": "Mars/Olympus"}, "time_zone"),
    ({"time_zone": "../../etc/passwd"}, "time_zone"),
    ({"time_zone": ""}, "time_zone"),
    ({"time_zone": "Factory"}, "time_zone"),
    ({"time_zone": "localtime"}, "time_zone"),
    ({"time_zone": 5}, "time_zone"),
    ({"locale": "d\x00e"}, "locale"),
    ({"locale": "x" * 36}, "locale"),
    ({"locale": "xx-yy"}, "locale"),
    ({"locale": "klingon"}, "locale"),
    ({"full_name": "\u2800"}, "full_name"),
    ({"full_name": "\u3164\u3164"}, "full_name"),
    ({"full_name": "As\u200bha"}, "full_name"),
    ({"email": "x@127.0.0.1"}, "email"),
    ({"email": "\uff41sha@example.com"}, "email"),
    ({"email": "asha\ufe0f@example.com"}, "email"),
    ({"phone": None}, "phone"),
    ({"phone": "1" * 101}, "phone"),
    ({"phone": "abc"}, "phone"),
    ({"phone": "1234"}, "phone"),
    ({"phone": "call me"}, "phone"),
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
    assert "not a known field" in body["detail"]


async def test_a_blank_name_and_a_bad_address_are_told_in_words(api: httpx.AsyncClient) -> None:
    blank = await api.post(PATH, json=candidate_fields(full_name=" "))
    assert blank.json()["errors"] == [{"field": "full_name", "message": "must not be blank"}]
    bad = await api.post(PATH, json=candidate_fields(email="x"))
    said = bad.json()["errors"][0]["message"]
    assert said == "must be an email address, such as name@example.com. An email address must have an @-sign."
    hidden = await api.post(PATH, json=candidate_fields(email="as\u200bha@example.com"))
    assert "ZERO WIDTH SPACE" in problem(hidden, 400, "bad-input", "email")["detail"]
    within = {"candidate": candidate_fields(email="a..b@x.example"), "job": job_fields()}
    problem(await api.post("/api/interviews/", json=within), 400, "bad-input", "candidate.email")


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
    assert body["detail"] == f"There is no candidate with the ID {NOWHERE}."


async def test_a_patch_changes_what_is_given_and_answers_the_candidate(api: httpx.AsyncClient) -> None:
    before = (await api.post(PATH, json=WHOLE)).json()
    path = f"{PATH}{before['id']}/"
    changed = await api.patch(path, json={"full_name": "Asha Iyer", "time_zone": None, "phone": ""})
    assert changed.status_code == 200, changed.text
    assert changed.json() == {**before, "full_name": "Asha Iyer", "time_zone": None, "phone": ""}
    assert await ok(api, path) == changed.json()
    merged = await api.patch(
        path, content=b'{"locale": "en"}', headers={"Content-Type": "application/merge-patch+json"}
    )
    assert (merged.status_code, merged.json()["locale"]) == (200, "en")
    entries = (await ok(api, f"/api/audit/?subject={before['id']}"))["items"]
    assert [(entry["action"], entry["details"]) for entry in entries] == [
        ("candidate.changed", {"fields": ["locale"]}),
        ("candidate.changed", {"fields": ["full_name", "phone", "time_zone"]}),
        ("candidate.created", {}),
    ]
    assert {entry["actor"] for entry in entries} == {"tests"}


async def test_a_patch_that_changes_nothing_changes_nothing(api: httpx.AsyncClient) -> None:
    before = (await api.post(PATH, json=WHOLE)).json()
    entries = await rows("audit_entry")
    for body in ({}, {"email": WHOLE["email"]}, {name: before[name] for name in WHOLE}):
        answered = await api.patch(f"{PATH}{before['id']}/", json=body)
        assert (answered.status_code, answered.json()) == (200, before)
    assert await rows("audit_entry") == entries


async def test_each_bad_field_of_a_patch_is_a_problem_that_names_it(api: httpx.AsyncClient) -> None:
    before = (await api.post(PATH, json=WHOLE)).json()
    path = f"{PATH}{before['id']}/"
    bad = [*BAD[::4], ({"email": None}, "email"), ({"resume_text": None}, "resume_text"), ({"id": NOWHERE}, "id")]
    for fields, field in bad:
        problem(await api.patch(path, json=fields), 400, "bad-input", field)
    problem(await api.patch(f"{PATH}{NOWHERE}/", json={}), 404, "not-found")
    await api.post(PATH, json={"full_name": "Asha", "email": "other@example.com"})
    taken = problem(await api.patch(path, json={"email": "Other@Example.com"}), 409, "address-taken")
    assert "other@example.com" not in str(taken).lower()
    assert await ok(api, path) == before


async def test_a_patch_of_what_was_changed_since_is_refused(api: httpx.AsyncClient) -> None:
    ident = (await api.post(PATH, json=WHOLE)).json()["id"]
    path = f"{PATH}{ident}/"
    etag = (await api.get(path)).headers["etag"]
    both = [api.patch(path, json={"phone": f"+49 30 123456{n}"}, headers={"If-Match": etag}) for n in range(4)]
    answers = await asyncio.gather(*both)
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412]
    problem(next(answer for answer in answers if answer.status_code == 412), 412, "changed-since")
    (kept,) = [answer.json() for answer in answers if answer.status_code == 200]
    assert await ok(api, path) == kept
    assert (await api.patch(path, json={"phone": "+49 30 1234569"}, headers={"If-Match": "*"})).status_code == 200


async def test_a_new_address_is_invited_and_a_new_name_is_not(api: httpx.AsyncClient) -> None:
    interview, slot = await post_interview(api, email="asah@example.com"), await post_slot(api)
    booked = await post_booking(api, interview, slot)
    candidate = (await ok(api, f"/api/interviews/{interview}/"))["candidate"]
    schedule = f"/api/interviews/schedules/{booked['id']}/"
    named = await api.patch(f"{PATH}{candidate}/", json={"full_name": "Asha Iyer", "time_zone": "Europe/Berlin"})
    assert named.status_code == 200
    assert (await ok(api, schedule))["revision"] == 1
    await api.patch(f"{PATH}{candidate}/", json={"email": "asha@example.com"})
    after = await ok(api, schedule)
    assert after["revision"] == 2
    assert after["session"] == booked["session"]  # the same link
    assert [one["kind"] for one in after["invitation"]["deliveries"]] == ["invitation"]
    sent = await db.fetch("SELECT recipient FROM delivery WHERE state = 'pending' AND kind = 'invitation'")
    assert [row["recipient"] for row in sent] == ["asha@example.com"]
    assert await unaccounted() == 0


async def test_candidates_are_found_by_their_address_or_how_they_begin(api: httpx.AsyncClient) -> None:
    for name, email in (("Asha Rao", "asha@example.com"), ("ÅSA Öberg", "x@example.com"), ("As%ha", "rao@example.com")):
        assert (await api.post(PATH, json={"full_name": name, "email": email})).status_code == 201

    async def found(query: dict[str, str]) -> list[str]:
        answered = await api.get(PATH, params=query)
        assert answered.status_code == 200, answered.text
        return [item["full_name"] for item in answered.json()["items"]]

    assert await found({"email": "ASHA@example.com"}) == ["Asha Rao"]
    assert await found({"email": "asha@example.co"}) == []
    assert await found({"q": "as"}) == ["As%ha", "Asha Rao"]
    assert await found({"q": "as%"}) == ["As%ha"]
    assert await found({"q": "RAO@"}) == ["As%ha"]
    assert await found({"q": "åsa ö"}) == ["ÅSA Öberg"]
    assert await found({"q": "rao", "email": "asha@example.com"}) == []
    problem(await api.get(PATH, params={"q": "a\x00"}), 400, "bad-input", "q")


async def test_who_was_erased_is_nobody(api: httpx.AsyncClient) -> None:
    ident = (await api.post(PATH, json=WHOLE)).json()["id"]
    await db.fetch("UPDATE candidate SET erased_at = now()")
    problem(await api.get(f"{PATH}{ident}/"), 404, "not-found")
    problem(await api.patch(f"{PATH}{ident}/", json={"phone": ""}), 404, "not-found")
    assert await count(api, PATH) == await count(api, f"{PATH}?email=asha@example.com") == 0
    body = {"candidate": ident, "job": {"title": "Baker", "company": "Example"}}
    problem(await api.post("/api/interviews/", json=body), 400, "bad-input", "candidate")
    assert await count(api, "/api/interviews/") == await count(api, "/api/jobs/") == 0
