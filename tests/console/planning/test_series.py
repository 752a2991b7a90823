"""Slots that recur: by days of the week or by a rule, and the page says which were made and which were not."""

import re

import httpx
import pytest

from console.planning.pressing import faults_on, sent
from console.signing import sign_in
from factories import rows
from hireloop.access.tables import Role

PAGE = "/console/new/series/"
TYPED = {"day": "2031-07-01", "starts": "10:00", "minutes": "45", "until": "2031-07-14", "seats": "1"}


@pytest.fixture(autouse=True)
async def signed_in(client: httpx.AsyncClient) -> None:
    await sign_in(client, Role.RECRUITER)


async def days() -> list[str]:
    return sorted(row["starts_at"].strftime("%m-%d %H:%M") for row in await rows("slot"))


async def test_days_of_the_week_become_slots_until_the_last_day(client: httpx.AsyncClient) -> None:
    answer = await sent(
        client, PAGE, **TYPED, tu="on", th="on", interviewer_email="ravi@acme.example", interviewer_locale="de"
    )
    assert answer.status_code == 200
    assert "4 slots were created" in answer.text
    assert await days() == [f"07-{day} 04:30" for day in ("01", "03", "08", "10")]
    assert {row["interviewer_locale"] for row in await rows("slot")} == {"de"}
    assert 'href="/console/new/booking/?day=2031-07-01"' in answer.text
    again = await sent(client, PAGE, **TYPED, tu="on", th="on", interviewer_email="ravi@acme.example")
    assert "No new slot was created" in again.text
    assert again.text.count("This slot already exists.") == 4
    assert len(await days()) == 4


async def test_without_a_day_of_the_week_it_is_that_of_the_first_day(client: httpx.AsyncClient) -> None:
    answer = await sent(client, PAGE, **{**TYPED, "until": "2031-07-01"})
    assert "1 slot was created" in answer.text
    assert await days() == ["07-01 04:30"]


async def test_a_rule_of_ones_own_may_have_its_own_start_and_end(client: httpx.AsyncClient) -> None:
    rule = "DTSTART:20310701T100000\r\nRRULE:FREQ=DAILY;COUNT=3\r\nEXDATE:20310702T100000\r\nEXDATE:20310709T100000"
    answer = await sent(client, PAGE, rule=rule, day="", starts="", until="", minutes="30", seats="2")
    assert "2 slots were created" in answer.text
    assert "Wednesday, 2 July 2031, 10:00: The rule itself leaves this time out." in answer.text
    assert re.search(r"EXDATE: 20310709T100000", answer.text)
    assert await days() == ["07-01 04:30", "07-03 04:30"]


async def test_what_is_wrong_is_said_at_its_field_and_nothing_is_created(client: httpx.AsyncClient) -> None:
    for fields, wrong in (
        ({"until": ""}, {"until": "Fill in this field."}),
        ({"until": "2031-06-30"}, {"until": "The last day must not be before the first one."}),
        (
            {"mo": "on", "rule": "FREQ=DAILY;COUNT=2"},
            {"rule": "Choose days above, or write a rule here, but not both."},
        ),
        (
            {"minutes": "", "starts": ""},
            {"starts": "Fill in this field.", "minutes": "Enter a whole number from 1 to 1440."},
        ),
    ):
        answer = await sent(client, PAGE, **{**TYPED, "notes": "Kept", **fields})
        assert answer.status_code == 400
        assert faults_on(answer) == wrong
        assert "Kept" in answer.text
    nonsense = await sent(client, PAGE, **TYPED, rule="every tuesday")
    assert nonsense.status_code == 400
    assert set(faults_on(nonsense)) == {"rule"}
    assert "every tuesday" in nonsense.text
    assert "<details open>" in nonsense.text
    assert await rows("slot") == []


async def test_what_is_wrong_with_a_rule_is_said_in_the_readers_language(client: httpx.AsyncClient) -> None:
    for rule, de, hi in (
        (
            "FREQ=DAILY;COUNT=2;UNTIL=20310801",
            "Darf nicht sowohl COUNT als auch UNTIL enthalten: Verwenden Sie nur eines davon",
            "COUNT और UNTIL दोनों नहीं होने चाहिए: इनमें से केवल एक रखें",
        ),
        (
            "FREQ=DAILY;COUNT=1001",
            "Muss Zahlen von 1 bis 1.000 in COUNT enthalten",
            "COUNT में 1 से 1,000 तक की संख्याएँ होनी चाहिए",
        ),
        (
            "FREQ=DAILY;COUNT=2\nDURATION:PT1H",
            "Darf DURATION nicht enthalten: Wie lang jeder Termin ist, steht im Feld für die Dauer",
            "इसमें DURATION नहीं हो सकता: हर स्लॉट कितना लंबा है, यह अवधि वाले फ़ील्ड में लिखा जाता है",
        ),
    ):
        for language, sentence in (("de", de), ("hi", hi)):
            client.headers["Accept-Language"] = language
            faults = faults_on(await sent(client, PAGE, **TYPED, rule=rule))
            assert {name: fault.rstrip(".।") for name, fault in faults.items()} == {"rule": sentence}
