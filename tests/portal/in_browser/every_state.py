"""A walk through every page and state that the portal can show, in one tab of a browser.

Each scene yields the name of what the page shows now: the template that made it and, after a comma, what else is so.
A new template needs a place here: `test_every_state.py` fails until it has been shown.
"""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from msgspec import structs
from playwright.async_api import Page, Route, expect

from factories import TESTS, WINDOWS
from hireloop import db, session_keys
from hireloop.access import press_limits
from hireloop.access.press_limits import PressKind
from hireloop.scheduling.bookings import announcements, cancellations, confirmations, moves
from hireloop.scheduling.sessions import followed_sessions
from hireloop.settings import Settings
from portal.browsing import ASKS_AGAIN, expect_picture, expect_stage, link
from portal.factories import OUTBOX, BookingResult, Person, book, offer
from web.browsers import ExpectedVersion

NOWHERE = "/i/01a1fd9e-8cf2-76ba-b101-c652a4ce31e8/"
ANOTHER_ZONE = "America/New_York"  # where the walk's browser is
DENIES = """() => {
    navigator.mediaDevices.getUserMedia = async () => { throw new DOMException("", "NotAllowedError"); };
}"""
_A_DAY = 86_400  # seconds
_SAME_SITE = "http://localhost:4999/"  # another origin, whose forms come with our cookies

States = AsyncIterator[str]


class Walk:
    """The tab, what it has asked for so far, and for whom interviews are booked."""

    def __init__(self, page: Page, seen: ExpectedVersion, address: str, settings: Settings, person: Person) -> None:
        self.page, self.seen = page, seen
        self._address, self._settings, self._person = address, settings, person
        self._booked = 0

    async def states(self) -> States:
        """Show one state after the other, and yield the name of each."""
        await self.page.add_init_script(ASKS_AGAIN)
        for scene in SCENES:
            async for state in scene(self):
                yield state

    async def book(self, starts_in: float = 86_400) -> BookingResult:
        """Book an interview of another candidate, who differs in nothing but the address."""
        self._booked += 1
        email = f"candidate{self._booked}@example.com"
        person = structs.replace(self._person, email=email)
        if starts_in > _A_DAY:
            return await book(self._settings, person, at=on_the_hour(seconds=starts_in))
        return await book(self._settings, person, starts_in=starts_in)

    async def book_of_nobody(self, starts_in: float = 86_400) -> BookingResult:
        """Book an interview for another job, whose recruiter left no address."""
        title = self._person.title.partition(" ")[0]
        person = structs.replace(self._person, email="of.nobody@example.com", title=title, recruiter_email=None)
        return await book(self._settings, person, starts_in=starts_in)

    async def open(self, booked: BookingResult) -> None:
        """Follow the link of an invitation."""
        self.seen.forget_pages()
        await self.page.goto(link(self._address, booked))

    async def go(self, path: str) -> None:
        self.seen.forget_pages()
        await self.page.goto(self._address + path)

    async def set_offline(self, offline: bool) -> None:  # noqa: FBT001 (as Playwright's own)
        """Take the connection away or give it back, and wait until the page has noticed."""
        await self.page.context.set_offline(offline)
        bar = self.page.locator("#connection")
        await (expect(bar).to_be_visible() if offline else expect(bar).to_be_hidden())

    async def go_elsewhere(self, booked: BookingResult) -> None:
        """Press a form that another site of the same domain has put up."""
        trap = f'<form method="post" action="{self._address}{booked.path}confirm/"><button>Win</button></form>'

        async def show(route: Route) -> None:
            await route.fulfill(body=trap, content_type="text/html")

        await self.page.route(_SAME_SITE, show)
        await self.page.goto(_SAME_SITE)
        await self.page.get_by_role("button").click()
        await expect(self.page.locator("h1")).to_be_visible()
        self.seen.hosts.discard(_SAME_SITE.split("/")[2])

    def erased_link(self, booked: BookingResult) -> str:
        """Return the path of the second link of this session."""
        return f"/?session_key={session_keys.mint(self._settings.secrets[0], booked.session_id, 2)}"


def on_the_hour(**ahead: float) -> datetime:
    """Return the hour that begins so far ahead, or has begun by then: a time as interviews have it."""
    return (datetime.now(UTC) + timedelta(**ahead)).replace(minute=0, second=0, microsecond=0)


async def without_a_link(walk: Walk) -> States:
    await walk.go("/")
    yield "welcome"
    await walk.go("/?session_key=guess")
    yield "unknown"
    await walk.go(NOWHERE)
    yield "no_cookie"


async def moved_and_cancelled(walk: Walk) -> States:
    page = walk.page
    booked = await walk.book(starts_in=200_000)
    await walk.open(booked)
    await walk.go(f"{booked.path}cancel/")
    yield "cancel"
    await walk.go(f"{booked.path}move/")
    yield "move, no time is free"
    for n in range(22):
        await offer(on_the_hour(days=3, hours=n))
    await walk.go(f"{booked.path}move/")
    await expect(page.get_by_role("radio")).to_have_count(20)
    yield "move"
    await page.locator("a[href*=after]").click()
    await expect(page.get_by_role("radio")).to_have_count(2)
    yield "move, later times"
    await page.get_by_role("radio").first.check()
    await confirmations.confirm(booked.schedule_id, by=TESTS, outbox=OUTBOX)
    await expect(page.locator("#changed")).to_be_visible()
    yield "move, changed meanwhile"
    await db.fetch("UPDATE slot SET taken = 1 WHERE taken = 0")
    await offer(on_the_hour(days=9))
    await page.locator("button.main").click()
    await expect(page.get_by_role("alert")).to_be_visible()
    yield "move, taken meanwhile"
    await page.get_by_role("radio").check()
    await page.locator("button.main").click()
    await expect(page.locator(".moved")).to_be_visible()
    yield "early, moved by the candidate"
    await walk.go(f"{booked.path}cancel/")
    await page.locator("button.main").click()
    await expect_stage(page, "cancelled")
    yield "cancelled, by the candidate"


async def too_late_for_changes(walk: Walk) -> States:
    page = walk.page
    booked = await walk.book(starts_in=200_000)
    await walk.open(booked)
    await walk.go(f"{booked.path}cancel/")
    await page.locator("#reason").fill("–" * 60)  # noqa: RUF001 (a reason in no language)
    await booked.move(starts_in=3600)
    await page.locator("button.main").click()
    await expect(page.get_by_role("alert")).to_be_visible()
    yield "cancel, too late"
    await walk.go(f"{booked.path}move/")
    yield "move, too late"
    await walk.go(booked.path)
    yield "early, too late for changes"


async def before_the_start(walk: Walk) -> States:
    page = walk.page
    booked = await walk.book(starts_in=200_000)
    await walk.open(booked)
    await expect(page.locator(".when-local")).to_contain_text(f"({ANOTHER_ZONE})")
    yield "early"
    await page.locator("#check-devices").click()
    await expect_picture(page)
    await page.locator("#play-tone").click()
    await expect(page.locator("#readiness")).to_have_attribute("data-finding", "ok")
    yield "early, checked"
    await walk.set_offline(True)
    await expect(page.locator("#round-trip")).to_have_attribute("data-finding", "failed")
    yield "early, offline"
    await walk.set_offline(False)
    await page.locator(".confirm button").click()
    await expect(page.locator(".confirmed")).to_be_visible()
    yield "early, confirmed"
    another = await offer(on_the_hour(days=5))
    await moves.move(booked.schedule_id, another, by=TESTS, reason="–", outbox=OUTBOX, windows=WINDOWS)  # noqa: RUF001 (a reason in no language)
    await expect(page.locator(".moved")).to_be_visible()
    yield "early, moved"


async def to_the_end(walk: Walk) -> States:
    page = walk.page
    booked = await walk.book(starts_in=20)
    await walk.open(booked)
    await expect_stage(page, "open")
    yield "open"
    await page.evaluate(DENIES)
    await page.locator("#check-devices").click()
    await expect(page.locator("#start-warning")).to_be_visible()
    yield "open, denied"
    await walk.set_offline(True)
    await page.locator("#start .button.main").click()
    await expect(page.locator("#kept")).to_be_visible()
    yield "open, kept"
    await walk.set_offline(False)
    await expect_stage(page, "started")
    await expect_picture(page)
    yield "started"
    await page.locator("#finish summary").click()
    yield "started, about to finish"
    await walk.set_offline(True)
    yield "started, offline"
    await walk.set_offline(False)
    async for state in _in_other_windows(walk, booked):
        yield state
    await page.locator("#finish summary").click()
    await page.locator("#finish .button.main").click()
    await expect_stage(page, "finished")
    yield "finished"


async def _in_other_windows(walk: Walk, booked: BookingResult) -> States:
    page = walk.page
    await followed_sessions.take_over(booked.session_id, 1, uuid4())
    await expect(page.locator("#elsewhere")).to_be_visible()
    yield "started, lost to another tab"
    await page.reload()
    await expect(page.locator("#elsewhere")).to_be_visible()
    yield "started, in another tab"
    await booked.move(starts_in=-4000)
    await db.fetch("UPDATE session SET active_client = NULL, active_until = NULL WHERE id = $1", booked.session_id)
    before = await page.locator("main").get_attribute("data-version") or ""
    announcements.announce([booked.session_id])
    await expect(page.locator("main")).not_to_have_attribute("data-version", before)  # it has loaded itself again
    await expect(page.locator("#elsewhere")).to_be_visible()
    yield "started, overtime in no tab"
    no_picture = page.locator("#no-picture")
    words = await no_picture.text_content() or ""
    await page.locator("#elsewhere button").click()
    await expect_picture(page)
    await page.reload()
    await expect(no_picture).to_be_visible()
    await expect(no_picture).not_to_have_text(words)
    yield "started, turned off by a reload"


async def too_late_to_start(walk: Walk) -> States:
    page = walk.page
    await walk.open(await walk.book(starts_in=-700))
    yield "late"
    await page.locator("form button").click()
    await expect(page.locator(".badge")).to_be_visible()
    yield "late, asked"
    await walk.open(await walk.book_of_nobody(starts_in=-700))
    yield "late, nobody to ask"


async def ended_by_others(walk: Walk) -> States:
    booked = await walk.book()
    await cancellations.cancel(booked.schedule_id, by=TESTS, reason="–", outbox=OUTBOX)  # noqa: RUF001 (a reason in no language)
    await walk.open(booked)
    yield "cancelled"
    booked = await walk.book(starts_in=20)
    await db.fetch("UPDATE session SET revoked_at = now() WHERE id = $1", booked.session_id)
    await walk.open(booked)
    yield "revoked"


async def refused(walk: Walk) -> States:
    booked = await walk.book()
    await walk.open(booked)
    await walk.go(f"{booked.path}move/?after=nonsense")
    yield "misunderstood"
    await walk.go_elsewhere(booked)
    yield "foreign"
    await walk.open(booked)
    await _use_up_presses(booked)
    await walk.page.locator(".confirm button").click()
    await expect(walk.page.locator("main:not([data-stage])")).to_be_visible()
    yield "too_often"


async def _use_up_presses(booked: BookingResult) -> None:
    """Leave none for an hour: else there would be one again each second, which a slow browser can wait for."""
    await press_limits.pay(booked.session_id, PressKind.ACT)
    await db.fetch("UPDATE press_rate SET paid_until = now() + interval '1 hour'")


async def over(walk: Walk) -> States:
    """Take each link away, and at last the table."""
    booked = await walk.book()
    await walk.open(booked)
    await walk.go("/")  # an open page would notice, and lead there by itself
    await db.fetch("UPDATE session SET key_version = 2")
    await walk.go(booked.path)
    yield "replaced"
    await db.fetch("UPDATE candidate SET erased_at = now(), full_name = 'Erased', email = id || '@erased.invalid'")
    await walk.go(walk.erased_link(booked))
    yield "ended"
    await db.fetch("ALTER TABLE session RENAME TO elsewhere")
    await walk.go(walk.erased_link(booked))
    yield "failed"


# The table of sessions is taken away in the last one; free times are counted in the second, and so before any is made.
SCENES: list[Callable[[Walk], States]] = [
    without_a_link,
    moved_and_cancelled,
    too_late_for_changes,
    before_the_start,
    to_the_end,
    too_late_to_start,
    ended_by_others,
    refused,
    over,
]
