"""The portal in a second browser: its pages say nothing else, and the way through the interview works there too."""

from pathlib import Path

from hireloop.scheduling.sessions import sessions
from hireloop.scheduling.sessions.sessions import SessionState
from hireloop.settings import Settings
from portal.browsing import link
from portal.factories import book
from web.firefox import FAKE_DEVICES, firefox, needs_firefox

pytestmark = needs_firefox


def found(device: str, finding: str) -> str:
    return f"document.querySelector('#{device}').dataset.finding === '{finding}'"


def stage(name: str) -> str:
    return f"document.querySelector('main')?.dataset.stage === '{name}'"


async def test_a_candidate_checks_starts_reloads_and_finishes_in_firefox(
    address: str, settings: Settings, tmp_path: Path
) -> None:
    booked = await book(settings, starts_in=20)
    async with firefox(tmp_path, **FAKE_DEVICES) as browser:
        assert await browser.open(link(address, booked)) == 200
        await browser.until(stage("open"))
        await browser.press("#check-devices")
        await browser.until(found("camera", "ok"))
        await browser.until(found("microphone", "ok"))
        await browser.press("#start form .button.main")
        await browser.until(stage("started"))
        await browser.until("document.querySelector('#picture').videoWidth > 0")
        await browser.reload()
        await browser.until(stage("started"))
        await browser.press("#finish summary")
        await browser.press("#finish form .button.main")
        await browser.until(stage("finished"))
        assert await browser.complaints() == []
    assert (await sessions.visit(booked.session_id)).state is SessionState.FINISHED


async def test_an_early_page_counts_down_in_firefox(address: str, settings: Settings, tmp_path: Path) -> None:
    booked = await book(settings, starts_in=3_600)
    async with firefox(tmp_path) as browser:
        assert await browser.open(link(address, booked)) == 200
        await browser.until(stage("early"))
        await browser.until(r"/^(59|1:00):\d\d$/.test(document.getElementById('countdown').textContent)")
        assert await browser.ask("document.querySelectorAll('.unscripted:not([hidden])').length") == 0
        assert await browser.complaints() == []
