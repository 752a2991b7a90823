"""Every page of the console, in every state that its reader may meet: what to open, or which form to send."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from typing import NamedTuple

import asyncpg
import pytest

from console.factories import key_of
from console.states.scene import FREE, LONG, UNBROKEN, Scene, set_scene, shorten_lists
from factories import OUTBOX, TESTS, soon
from hireloop import db
from hireloop.access.tables import Role
from hireloop.scheduling.people import candidates, jobs
from hireloop.scheduling.people.candidates import CandidateFields
from hireloop.scheduling.people.jobs import JobFields
from hireloop.scheduling.privacy import erasure
from hireloop.settings import Settings

SIGN_IN = "/console/sign-in/"
YEAR = 2031  # in which slots are created

NOWHERE = "/console/bookings/01990000-0000-7000-8000-000000000000/"
NEW = "/console/new"
FREE_DAY = FREE.date()
NEVER = "2095-01-01"  # nothing is free from then on
LONGEST = "x" * 20_001
FIRST, LAST = (
    f"{year}-01-01T00:00:00Z~00000000-0000-7000-8000-000000000000" for year in (2001, 2099)
)  # places in lists


class State(NamedTuple):
    """A page to open, or one whose form is sent with some of its fields changed; `to` is where that form leads."""

    name: str
    path: str
    sent: Mapping[str, str] | None = None
    to: str = ""
    status: int = 200
    meanwhile: Callable[[], Awaitable[None]] | None = None  # happens after the form was opened

    @property
    def action(self) -> str:
        """Where the form leads."""
        return self.to or self.path.partition("?")[0]


async def every_state(settings: Settings) -> AsyncIterator[State]:
    """Yield every state that an admin can meet, from the sign-in to an empty installation to a sign-in that is over.

    What a state needs is stored before it is yielded.
    """
    for state in _signing_in(await key_of(Role.ADMIN, LONG)):
        yield state
    async for state in _beginning():
        yield state
    yield State("signed out", "/console/", {}, "/console/sign-out/")
    with pytest.MonkeyPatch.context() as patch:
        shorten_lists(patch)
        scene = await set_scene(settings)
        yield State("signed in", SIGN_IN, {"key": scene.key})
        for state in states_of(scene):
            yield state
    async for state in _breaking(scene):
        yield state


def states_of(scene: Scene) -> Iterator[State]:
    """Yield every state of what is about the scene."""
    for part in (_looking, _finding, _booking, _changing, _correcting, _creating, _planning, _failing):
        yield from part(scene)


def _signing_in(key: str) -> Iterator[State]:
    yield State("sign-in", SIGN_IN)
    yield State("no key", SIGN_IN, {"key": ""}, status=403)
    yield State("wrong key", SIGN_IN, {"key": "hl_wrong"}, status=403)
    yield State("first sign-in", SIGN_IN, {"key": key})


async def _beginning() -> AsyncIterator[State]:
    """Yield what somebody sees who has nothing yet."""
    yield State("no interviews", "/console/")
    yield State("nothing to attend to", "/console/attention/")
    yield State("no failures", "/console/failures/")
    yield State("only sign-in", "/console/sign-ins/")
    yield State("nothing to choose", f"{NEW}/interview/")
    yield State("nothing to book", f"{NEW}/booking/")
    yield State("nothing stored", f"{NEW}/")
    person = CandidateFields(full_name="Asha Rao", email="first@example.com")
    first, _ = await candidates.create(person, by=TESTS)
    yield State("only a candidate", f"{NEW}/")
    await erasure.erase(first.id, by=TESTS, outbox=OUTBOX)
    await jobs.create(JobFields(title="Backend Engineer", company="Example Labs"), by=TESTS)
    yield State("only a job", f"{NEW}/")


async def _breaking(scene: Scene) -> AsyncIterator[State]:
    """Yield what is shown when something takes too long, does not work, or has ended meanwhile."""
    yield State("everything to attend to", "/console/attention/")
    yield State("replay everything", "/console/replay/?reason=recipient_unknown")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hireloop.console.failures._COUNTED", 1)
        yield State("replay a part", "/console/replay/?reason=recipient_unknown")
        await jobs.create(JobFields(title="Another", company="Example Labs"), by=TESTS)
        patch.setattr("hireloop.scheduling.bookings.lists.search._MOST_JOBS", 1)
        yield State("many jobs to search by", "/console/search/")
        yield State("many jobs to choose from", f"{NEW}/interview/")
        patch.setattr("hireloop.console.finding.search.search.jobs", _raise(asyncpg.QueryCanceledError()))
        yield State("took too long", "/console/search/?q=a")
        patch.setattr("hireloop.console.channels.held.held", _raise(ZeroDivisionError()))
        yield State("broken", "/console/channels/", status=500)
        patch.setattr("hireloop.telemetry.spans.current_trace_id", lambda: "4bf92f3577b34da6a3ce929d0e0e4736")
        yield State("broken and traced", "/console/channels/", status=500)
        patch.setattr("hireloop.console.channels.held.held", _raise(ConnectionRefusedError()))
        yield State("database gone", "/console/channels/", status=503)
    yield State("over", f"{scene.failed.path}cancel/", {"reason": LONG}, status=403, meanwhile=_end_sign_ins)


def _raise(error: Exception) -> Callable[..., Awaitable[None]]:
    async def refuse(*_: object, **__: object) -> None:
        raise error

    return refuse


async def _end_sign_ins() -> None:
    await db.fetch("UPDATE sign_in SET last_used_at = now() - interval '13 hours'")


def _looking(scene: Scene) -> Iterator[State]:
    tomorrow = scene.tomorrow
    yield State("day", "/console/")
    yield State("another day", f"/console/?day={tomorrow}")
    yield State("a day goes on", f"/console/?day={tomorrow}&after={FIRST}")
    yield State("an empty day", "/console/?day=2001-01-01")
    yield State("a day is over", f"/console/?day=2001-01-01&after={FIRST}")
    yield State("no day", "/console/?day=nonsense", status=400)
    yield State("a week", f"/console/week/?day={tomorrow}")
    yield State("no week", "/console/week/nonsense/", status=400)
    yield State("attention", "/console/attention/")
    yield State("attention goes on", "/console/attention/?after=maybe_unseen~2001-01-01T00:00:00Z~" + str(scene.full))
    yield State("channels", "/console/channels/")
    yield State("sign-ins", "/console/sign-ins/")
    yield State("preferences", "/console/preferences/")
    yield State("no zone", "/console/preferences/", {"zone": "Mars"}, status=400)
    yield State("failures", "/console/failures/?reason=recipient_unknown")
    yield State("failures go on", f"/console/failures/?after={scene.failed.id}")
    yield State("no failures", "/console/failures/?reason=mailbox_full")
    yield State("no failures of this kind", "/console/failures/?reason=auth_refused")
    yield State("no more failures", "/console/failures/?after=00000000-0000-7000-8000-000000000000")
    yield State("replay", "/console/replay/?reason=recipient_unknown")
    yield State("replay nothing", "/console/replay/?reason=mailbox_full")


def _finding(scene: Scene) -> Iterator[State]:
    tomorrow = scene.tomorrow
    yield State("search", "/console/search/")
    yield State("found", f"/console/search/?q={UNBROKEN}")
    yield State("found by day", f"/console/search/?from={tomorrow}&to={tomorrow}&interviewer={LONG.lower()}")
    yield State("found goes on", f"/console/search/?state=pending&after={LAST}")
    yield State("nothing found", "/console/search/?q=nobody")
    yield State("wrong search", "/console/search/?from=tomorrow&job=x&state=x&to=x", status=400)
    yield State("backwards", "/console/search/?from=2030-01-02&to=2030-01-01", status=400)
    yield State("no file", "/console/search/?q=a", {"from": "x"}, "/console/search/export/", status=400)
    yield State("person", f"/console/candidates/{scene.candidate}/")
    yield State("person with many bookings", f"/console/candidates/{scene.often}/")


def _booking(scene: Scene) -> Iterator[State]:
    yield State("booking", scene.failed.path)
    yield State("much told", scene.told.path)
    yield State("asking", scene.asking.path)
    yield State("begun", scene.begun.path)
    yield State("cancelled", scene.cancelled.path)
    yield State("revoked", scene.revoked.path)
    yield State("erased", scene.erased.path)
    yield State("done", f"{scene.failed.path}?done=reissued")
    yield State("résumé", f"{scene.told.path}resume/")
    yield State("no résumé", f"{scene.failed.path}resume/")
    yield State("erased résumé", f"{scene.erased.path}resume/")


def _changing(scene: Scene) -> Iterator[State]:
    failed, begun = scene.failed.path, scene.begun.path
    stale = {"revision": "99"}
    yield State("confirm refused", failed, stale, f"{failed}confirm/", 409)
    yield State("reissue refused", failed, stale, f"{failed}reissue/", 409)
    yield State("move", f"{failed}move/?day={FREE_DAY}")
    yield State("no day to move", f"{failed}move/?day=nonsense", status=400)
    yield State("nothing free to move", f"{failed}move/?day={NEVER}")
    yield State("another day to move", f"{failed}move/?day={soon(60 * 24 * 30).date()}")
    full = {"slot": str(scene.full), "reason": LONG}
    yield State("move refused", f"{failed}move/?day={FREE_DAY}", full, f"{failed}move/", 409)
    lost = {"slot": str(scene.full), "day": NEVER, "reason": LONG}
    yield State("move refused without times", f"{failed}move/?day={FREE_DAY}", lost, f"{failed}move/", 409)
    yield State("cannot move", f"{begun}move/")
    yield State("cancel", f"{failed}cancel/")
    yield State("cancel refused", f"{failed}cancel/", {**stale, "reason": LONG}, status=409)
    yield State("cannot cancel", f"{failed}cancel/", {"reason": LONG}, f"{begun}cancel/", 409)
    yield State("revoke", f"{failed}revoke/")
    yield State("revoke refused", f"{failed}revoke/", {"reason": LONGEST}, status=400)
    yield State("cannot revoke", f"{failed}revoke/", {"reason": LONG}, f"{begun}revoke/", 409)


def _correcting(scene: Scene) -> Iterator[State]:
    failed = scene.failed.path
    for name, typed, status in (
        ("no address", "", 400),
        ("wrong address", "asha at new", 400),
        ("taken address", "unheard0@example.com", 409),
    ):
        yield State(f"{name} of a candidate", failed, {"email": typed}, f"{failed}correct/", status)
    for name, typed in (("no address", ""), ("wrong address", "ivan"), ("same address", "ivan@example.com")):
        sent = {"interviewer_email": typed, "slot": str(scene.failed.slot_id), "before": "ivan@example.com"}
        yield State(f"{name} of an interviewer", failed, sent, f"{failed}correct-interviewer/", 400)


def _creating(scene: Scene) -> Iterator[State]:
    yield State("new", f"{NEW}/")
    yield State("candidate", f"{NEW}/candidate/")
    empty = {"full_name": "", "email": ""}
    yield State("empty candidate", f"{NEW}/candidate/", empty, status=400)
    wrong = {"full_name": UNBROKEN, "email": "x", "time_zone": "Mars", "locale": "??", "phone": "x"}
    yield State("wrong candidate", f"{NEW}/candidate/", wrong, status=400)
    other = {"full_name": "Another", "email": "unheard0@example.com", "time_zone": "Asia/Tokyo"}
    yield State("known candidate", f"{NEW}/candidate/", other, status=409)
    yield State("job", f"{NEW}/job/")
    wrong = {"title": "", "company": "x" * 201, "coding_language": "x", "recruiter_email": "x"}
    yield State("wrong job", f"{NEW}/job/", wrong, status=400)
    yield State(
        "too many questions", f"{NEW}/job/", {"title": "x", "company": "x", "questions": "?\n" * 101}, status=400
    )
    known = {"title": "Backend Engineer", "company": "Example Labs", "names_interviewer": "on", "questions": "Why?"}
    yield State("known job", f"{NEW}/job/", known, status=409)
    interview = f"{NEW}/interview/"
    yield State("interview", f"{interview}?candidate={scene.candidate}")
    yield State("wrong interview", interview, {"candidate": "", "job": "", "round": "0"}, status=400)
    yield State("nobody found", interview, {"find": "candidate", "find_candidate": "?"})
    yield State("no job found", interview, {"find": "job", "find_job": "?"})


def _planning(scene: Scene) -> Iterator[State]:
    slot, series, booking = f"{NEW}/slot/", f"{NEW}/series/", f"{NEW}/booking/"
    whom = {"interviewer_email": "x", "interviewer_time_zone": "Mars", "interviewer_locale": "??"}
    at = {"day": f"{YEAR}-10-26", "starts": "10:00", "minutes": "45", "seats": "1"}
    yield State("slot", slot)
    yield State("wrong slot", slot, {"day": "x", "starts": "x", "minutes": "0", "seats": "", "job": "x"}, status=400)
    yield State("wrong interviewer", slot, {**at, **whom}, status=400)
    twice = {**at, "zone": "Europe/Berlin", "day": "2031-10-26", "starts": "02:30"}
    yield State("a time that comes twice", slot, twice, status=400)
    yield State("a time that does not come", slot, {**twice, "day": "2031-03-30"}, status=400)
    yield State("series", series)
    wrong = {"rule": "FREQ=DAILY", "mo": "on", "day": "x", "starts": "", "until": "", "minutes": "", "notes": LONGEST}
    yield State("wrong series", series, wrong, status=400)
    yield State("no rule", series, {**at, "until": f"{YEAR}-10-27", "rule": "every tuesday"}, status=400)
    clocks = {**at, "zone": "Europe/Berlin", "day": f"{YEAR}-01-01", "starts": "02:30", "until": f"{YEAR}-12-31"}
    yield State("made series", series, clocks | {"su": "on"})
    yield State("known series", series, clocks | {"su": "on"})
    rule = f"DTSTART:{YEAR}0701T100000\nRRULE:FREQ=DAILY;COUNT=3\nEXDATE:{YEAR}0702T100000\nEXDATE:{YEAR}0709T100000"
    yield State("made by a rule", series, {"rule": rule, "minutes": "30", "seats": "1"})
    yield State("what to book", booking)
    yield State("nothing to book", f"{booking}?find=nobody-at-all")
    yield State("gone", f"{booking}?interview={scene.full}", status=400)
    here = f"{booking}?interview={scene.unbooked}"
    yield State("when to book", f"{here}&day={FREE_DAY}")
    yield State("another day to book", f"{here}&day={soon(60 * 24 * 30).date()}")
    yield State("nothing free", f"{here}&day={NEVER}")
    yield State("no slot", f"{here}&day={FREE_DAY}", {"slot": "", "booking_notes": LONGEST}, status=400)
    yield State("no day to book", f"{here}&day={FREE_DAY}", {"show": "day", "day": "x"}, status=400)
    yield State("full slot", f"{here}&day={FREE_DAY}", {"slot": str(scene.full)}, status=409)


def _failing(scene: Scene) -> Iterator[State]:
    yield State("nowhere", "/console/nowhere/", status=404)
    yield State("no booking", NOWHERE, status=404)
    yield State("not to be opened", "/console/sign-out/", status=405)
    yield State("foreign", f"{scene.failed.path}cancel/", {"token": "x"}, status=403)
