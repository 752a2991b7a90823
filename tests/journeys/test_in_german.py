"""A candidate who reads German: from the mail over every press to Finish, without a word of English."""

import re

import pytest
from playwright.async_api import Page, async_playwright, expect

from factories import soon
from hireloop_client.api.interviews import get_interview
from hireloop_client.models import InterviewState
from journeys.factories import book, slot_from
from journeys.installation import Installation, done
from portal.browsing import FAKE_CONSENT, FAKE_DEVICES, expect_picture, expect_stage
from portal.factories import BookingResult
from web.browsers import CHROMIUM, QUIET, needs_chromium


async def _expect_german(page: Page, heading: str) -> None:
    await expect(page.locator("html")).to_have_attribute("lang", "de")
    await expect(page.get_by_role("heading", level=1)).to_have_text(heading)


@needs_chromium
@pytest.mark.parametrize("installation", ["http/protobuf"], indirect=True)
async def test_from_the_german_mail_to_finish(installation: Installation) -> None:
    client, mailbox = installation.client, installation.mailbox
    schedule = await book(client, starts_at=soon(60 * 26), email="jana@example.com", full_name="Jana Weiß", locale="de")
    await slot_from(client, soon(60 * 50))
    [mail] = mailbox.wait_for(1, timeout=60)
    assert str(mail.email["Subject"]).startswith("Einladung zum Vorstellungsgespräch: ")
    body = mail.email.get_body(("plain",))
    assert body is not None
    text = body.get_content()
    assert "Guten Tag Jana Weiß" in text
    found = re.search(r"https?://\S+session_key=\S+", text)
    assert found is not None
    async with async_playwright() as playwright:
        flags = [*QUIET, FAKE_DEVICES, FAKE_CONSENT]
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        page = await browser.new_page(locale="en-US")  # the candidate's own language comes first
        await page.goto(found[0].replace("http://localhost:8000", installation.url))
        await expect(page.get_by_text("Guten Tag Jana Weiß. Sie sind früh dran.")).to_be_visible()
        await page.get_by_role("button", name="Ich werde da sein").click()
        await expect(page.get_by_text("Bestätigt: Sie werden da sein.")).to_be_visible()
        await page.get_by_role("link", name="Gespräch verschieben").click()
        await _expect_german(page, "Ihr Gespräch verschieben")
        await page.get_by_role("radio").first.check()
        await page.get_by_label("Grund").fill("Mein Zug")
        await page.get_by_role("button", name="Gespräch verschieben").click()
        await expect(page.get_by_text("Sie haben dieses Gespräch verschoben.")).to_be_visible()
        booked = BookingResult(session_id=schedule.session.id, schedule_id=schedule.id, key="")
        await booked.move(starts_in=5)
        await page.reload()
        await expect(page.get_by_text("Jetzt geöffnet", exact=True)).to_be_visible()
        await page.get_by_role("button", name="Kamera und Mikrofon prüfen").click()
        await expect_picture(page)
        await page.get_by_role("button", name="Gespräch beginnen").click()
        await expect_stage(page, "started")
        await expect(page.get_by_text("Das Gespräch läuft", exact=True)).to_be_visible()
        await page.get_by_text("Beenden …").click()
        await page.get_by_role("button", name="Gespräch beenden").click()
        await _expect_german(page, "Ihr Gespräch ist beendet")
        await browser.close()
    subjects = [str(mail.email["Subject"]) for mail in mailbox.wait_for(2, timeout=60)]
    assert any(subject.startswith("Vorstellungsgespräch verschoben: ") for subject in subjects), subjects
    assert done(await get_interview.asyncio(schedule.interview, client=client)).state is InterviewState.COMPLETED
