"""The main job, through the real doors: booked, mailed, opened, started, finished, and one trace of it all."""

import pytest
from opentelemetry.trace import SpanKind
from playwright.async_api import Page, async_playwright, expect

from factories import soon, unaccounted
from hireloop.local.traces.otlp import ReceivedSpan
from hireloop_client import AuthenticatedClient
from hireloop_client.api.interviews import get_interview
from hireloop_client.api.sessions import get_session
from hireloop_client.models import DeliveryState, InterviewState, SessionState
from journeys.factories import book, slot_from
from journeys.installation import Installation, done, sent
from portal.browsing import FAKE_CONSENT, FAKE_DEVICES, expect_picture, expect_stage
from portal.coming_in import link_in
from portal.factories import BookingResult
from web.browsers import CHROMIUM, QUIET, needs_chromium


@needs_chromium
@pytest.mark.parametrize("installation", ["http/protobuf"], indirect=True)
async def test_a_candidate_gets_the_mail_opens_the_link_and_holds_the_interview(installation: Installation) -> None:
    schedule = await book(installation.client, email="meera@example.com", full_name="Meera Iyer")
    [mail] = installation.mailbox.wait_for(1, timeout=60)
    assert mail.recipients == ("meera@example.com",)
    link = link_in(mail.email)
    assert link == schedule.session.portal_url
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=[*QUIET, FAKE_DEVICES, FAKE_CONSENT])
        page = await browser.new_page()
        await page.goto(link.replace("http://localhost:8000", installation.url))
        await page.get_by_role("button", name="Check camera and microphone").click()
        await expect(page.locator("#camera")).to_have_attribute("data-finding", "ok")
        await expect(page.locator("#microphone")).to_have_attribute("data-finding", "ok")
        await page.get_by_role("button", name="Start interview").click()
        await expect(page.locator("main")).to_have_attribute("data-stage", "started")
        await page.get_by_text("Finish…").click()
        await page.get_by_role("button", name="Finish interview").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Your interview is finished")
        await browser.close()
    session = done(await get_session.asyncio(schedule.session.id, client=installation.client))
    interview = done(await get_interview.asyncio(schedule.interview, client=installation.client))
    assert session.state is SessionState.FINISHED
    assert session.device_check is not None
    assert session.device_check.camera == "ok"
    assert session.entered_at is not None
    assert session.left_at is not None
    assert session.opens_at < session.entered_at < session.left_at
    assert interview.state is InterviewState.COMPLETED
    assert await unaccounted() == 0


async def test_one_trace_holds_the_booking_and_the_smtp_reply(installation: Installation) -> None:
    schedule = await book(installation.client)
    delivery = await sent(installation.client, schedule)
    assert delivery.state is DeliveryState.SENT
    spans = {span.name: span for span in installation.collector.whole_trace(schedule.trace_id)}
    request, booking, put, attempt, send = (
        spans[name]
        for name in (
            "POST /api/interviews/slots/{slot_id}/book_slot",
            "schedule.book",
            "delivery.put",
            "delivery.attempt",
            "smtp.send",
        )
    )
    assert len(spans) == 5
    assert request.parent_id in {None, ""}
    assert [span.parent_id for span in (booking, put, attempt, send)] == [
        span.span_id for span in (request, booking, put, attempt)
    ]
    assert [span.kind for span in (request, booking, put, attempt, send)] == [
        SpanKind.SERVER,
        SpanKind.INTERNAL,
        SpanKind.PRODUCER,
        SpanKind.CONSUMER,
        SpanKind.CLIENT,
    ]
    assert {span.service for span in (request, booking, put)} == {"hireloop-api"}
    assert {span.service for span in (attempt, send)} == {"hireloop-worker"}
    assert send.attributes["hireloop.code"] == 250
    assert send.attributes["hireloop.phase"] == "reply"
    assert send.attributes["hireloop.reply"] == delivery.attempts[0].reply
    assert delivery.attempts[0].trace_id == schedule.trace_id


@pytest.mark.parametrize("installation", ["http/protobuf"], indirect=True)
async def test_a_callers_own_trace_is_linked_and_not_joined(installation: Installation) -> None:
    traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
    headers = {"traceparent": traceparent}
    async with AuthenticatedClient(base_url=installation.url, token=installation.key, headers=headers) as client:
        schedule = await book(client)
    spans = installation.collector.whole_trace(schedule.trace_id)
    [request] = [span for span in spans if span.kind is SpanKind.SERVER]
    assert schedule.trace_id != "0af7651916cd43dd8448eb211c80319c"
    assert [link.trace_id for link in request.links] == ["0af7651916cd43dd8448eb211c80319c"]


@pytest.mark.parametrize("installation", ["http/protobuf"], indirect=True)
async def test_spans_are_flushed_when_the_processes_are_told_to_stop(installation: Installation) -> None:
    schedule = await book(installation.client)
    assert (await sent(installation.client, schedule)).state is DeliveryState.SENT
    assert installation.worker.stop() == 0
    assert installation.server.stop() == 0
    found: list[ReceivedSpan] = installation.collector.trace(schedule.trace_id, spans=5, seconds=5)
    assert len(found) == 5


async def test_the_mail_says_what_the_booking_says(installation: Installation) -> None:
    schedule = await book(installation.client, time_zone="Europe/Berlin")
    [mail] = installation.mailbox.wait_for(1, timeout=60)
    delivery = await sent(installation.client, schedule)
    assert mail.email["Subject"] == "Interview scheduled: Backend Engineer at Example Labs"
    assert mail.email["Message-ID"] == delivery.message_id
    assert mail.email["Traceparent"].split("-")[1] == schedule.trace_id
    assert link_in(mail.email) == schedule.session.portal_url
    assert "Europe/Berlin" in mail.raw.decode()
    calendar = next(part for part in mail.email.walk() if part.get_content_type() == "text/calendar")
    assert calendar.get_param("method") == "REQUEST"


async def _expect_german(page: Page, heading: str) -> None:
    await expect(page.locator("html")).to_have_attribute("lang", "de")
    await expect(page.get_by_role("heading", level=1)).to_have_text(heading)


@needs_chromium
@pytest.mark.parametrize("installation", ["http/protobuf"], indirect=True)
async def test_a_candidate_reads_german_from_the_mail_to_finish(installation: Installation) -> None:
    client, mailbox = installation.client, installation.mailbox
    schedule = await book(client, starts_at=soon(60 * 26), email="jana@example.com", full_name="Jana Weiß", locale="de")
    await slot_from(client, soon(60 * 50))
    [mail] = mailbox.wait_for(1, timeout=60)
    assert str(mail.email["Subject"]).startswith("Einladung zum Vorstellungsgespräch: ")
    link = link_in(mail.email)
    async with async_playwright() as playwright:
        flags = [*QUIET, FAKE_DEVICES, FAKE_CONSENT]
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        page = await browser.new_page(locale="en-US")  # the candidate's own language comes first
        await page.goto(link.replace("http://localhost:8000", installation.url))
        await expect(page.get_by_text("Guten Tag Jana Weiß. Sie sind früh dran.")).to_be_visible()
        await page.get_by_role("button", name="Ich nehme teil").click()
        await expect(page.get_by_text("Bestätigt: Sie nehmen teil.")).to_be_visible()
        await page.get_by_role("link", name="Gespräch verschieben").click()
        await _expect_german(page, "Ihr Gespräch verschieben")
        await page.get_by_role("radio").first.check()
        await page.get_by_label("Grund").fill("Mein Zug")
        await page.get_by_role("button", name="Gespräch verschieben").click()
        await expect(page.get_by_text("Sie haben dieses Gespräch verschoben.")).to_be_visible()
        booked = BookingResult(session_id=schedule.session.id, schedule_id=schedule.id, key="")
        await booked.move(starts_in=5)
        await page.reload()
        await expect(page.get_by_text("Kann jetzt beginnen", exact=True)).to_be_visible()
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
