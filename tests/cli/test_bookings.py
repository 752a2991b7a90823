"""`hireloop interviews`, `sessions` and `bookings`: all that is known of one, read from the shell."""

import json
import re
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from api.clients import as_role, ok
from factories import OUTBOX, TESTS, WINDOWS, book, make_interview, make_slot, soon
from hireloop import db, session_keys
from hireloop.access.tables import Role
from hireloop.api.erasures import erase
from hireloop.cli import booking_view
from hireloop.cli.bookings import lines_of
from hireloop.notify.bounces import bounces
from hireloop.notify.bounces.reading.delivery_report import DeliveryReport, MailAction
from hireloop.notify.bounces.return_path import ReturnPath
from hireloop.notify.decisions import due
from hireloop.notify.deliveries import leases
from hireloop.notify.tables import AttemptOutcome, DeliveryState
from hireloop.notify.transport import Evidence, Phase
from hireloop.scheduling.bookings import cancellations, moves
from hireloop.scheduling.bookings.booking import BookingResult
from hireloop.scheduling.bookings.bookings import Booking
from hireloop.scheduling.people import jobs
from hireloop.scheduling.people.jobs import JobPatch
from hireloop.scheduling.sessions import links, sessions
from hireloop.scheduling.sessions.sessions import DeviceCheck
from hireloop.settings import Settings
from notify.factories import WITH_RECRUITERS, hold, leased, notify_interviewer, settlement
from processes import environment
from sample_settings import SECRET
from test_cli import hireloop

WITH_DATABASE = pytest.mark.usefixtures("database")
RESUME = "Ten years of PostgreSQL."
ACCEPTED = Evidence(phase=Phase.REPLY, code=250, reply="2.0.0 Ok: queued as 4711")
REFUSED = Evidence(phase=Phase.RECIPIENT, code=550, reply="5.1.1 No such user here")


def run(*arguments: object, url: str) -> tuple[int, str, str]:
    """Run a command to its end; return its exit code and what it said."""
    ran = hireloop(*map(str, arguments), env=environment(url))
    return ran.returncode, ran.stdout, ran.stderr


def shown(*arguments: object, url: str) -> str:
    """Return what a command shows, none of whose lines is wider than a terminal."""
    code, said, warned = run(*arguments, url=url)
    assert (code, warned) == (0, "")
    assert [line for line in said.splitlines() if len(line) > 80] == []
    return said


def as_json(*arguments: object, url: str) -> Any:  # noqa: ANN401 (JSON)
    """Return what a command prints for programs."""
    code, said, warned = run(*arguments, "--json", url=url)
    assert (code, warned) == (0, "")
    return json.loads(said)


async def lines(settings: Settings, booked: Booking, read: Any = booking_view.of_booking) -> str:  # noqa: ANN401 (one of three)
    """Return the same without a process of its own."""
    ident = {"of_interview": booked.interview, "of_session": booked.session.id}.get(read.__name__, booked.id)
    said = list(lines_of(await read(settings, ident), settings.zone))
    assert [line for line in said if len(line) > 80] == []
    return "\n".join([*said, ""])


def field(said: str, name: str) -> str:
    """Return what stands beside a name, on one line."""
    found = re.search(rf"^{name} +(.*(?:\n {{12}}.*)*)", said, re.MULTILINE)
    assert found, said
    return re.sub(r"\n +", " ", found[1])


async def of_asha(end: Evidence = ACCEPTED) -> BookingResult:
    """Book Asha, who lives in Berlin and has a résumé, and let the first try of her invitation end."""
    interview = await make_interview(
        email="asha@example.com", time_zone="Europe/Berlin", locale="de-DE", resume_text=RESUME
    )
    booked = await book(interview, outbox=WITH_RECRUITERS, minutes=120)
    job = await db.fetch_value("SELECT job FROM interview WHERE id = $1", booked.booking.interview)
    await jobs.change(job, JobPatch(coding_language="python"), by=TESTS)
    lease = await leased()
    outcome, state = AttemptOutcome.SENT, DeliveryState.SENT
    if end is REFUSED:
        outcome, state = AttemptOutcome.REJECTED, DeliveryState.REJECTED
    reason = "recipient_unknown" if end is REFUSED else None
    await leases.settle([settlement(lease, outcome, state, evidence=end, reason=reason)])
    return booked


@WITH_DATABASE
async def test_each_of_the_three_shows_who_is_interviewed_when_and_who_was_told_what(database_url: str) -> None:
    booked = (await of_asha()).booking
    said = shown("bookings", "show", booked.id, url=database_url)
    assert said.startswith("Asha Rao, Backend Engineer at Example Labs, round 1\n")
    assert field(said, "Interview") == f"{booked.interview} scheduled"
    assert (field(said, "Résumé"), field(said, "Language"), field(said, "Coding in")) == (
        f"{len(RESUME)} characters",
        "de-DE",
        "python",
    )
    assert field(said, "Time zone") == "Europe/Berlin"
    assert field(said, "Booking") == f"{booked.id} pending, revision 1"
    assert field(said, "Session") == f"{booked.session.id} scheduled"
    assert field(said, "Headline").startswith("Invited, not confirmed yet, ")
    assert "Attention" not in said
    for name, at in (("Starts", booked.starts_at), ("Opens", booked.session.opens_at)):
        assert field(said, name).endswith(f"({at:%Y-%m-%d %H:%M:%S}Z)")
        assert re.match(r"\S+ \S+\+0[12]:00 \(", field(said, name))
    assert field(said, "Link") == f"works from {booked.session.opens_at:%Y-%m-%d %H:%M:%S}Z"
    assert field(said, "Devices") == "not checked"
    assert field(said, "Invitation") == "sent"
    assert field(said, "People") == "candidate Asha Rao, a…@example.com: sent"
    candidate, recruiters = said.split("\nMessages to ")[1:]
    assert candidate.startswith("the candidate, a…@example.com\n  invitation on email, revision 1: sent ")
    assert "    reply: 2.0.0 Ok: queued as 4711\n" in candidate
    assert recruiters.startswith("recruiters\n  recruiter_copy on recruiters, revision 1: pending, due ")
    assert shown("sessions", "show", booked.session.id, url=database_url) == said
    assert shown("interviews", "show", booked.interview, url=database_url) == said


async def test_the_json_is_what_the_api_says(api: httpx.AsyncClient, database_url: str) -> None:
    booked = (await of_asha()).booking
    await as_role(api, Role.VIEWER)
    printed, by_session, by_interview = (
        as_json(*command, url=database_url)
        for command in (
            ("bookings", "show", booked.id),
            ("sessions", "show", booked.session.id),
            ("interviews", "show", booked.interview),
        )
    )
    assert printed == by_session == by_interview
    interview = await ok(api, f"/api/interviews/{booked.interview}/")
    without = ("session_key", "portal_url", "schedule", "invitation")
    assert printed["interview"] == {name: value for name, value in interview.items() if name not in without}
    assert printed["candidate"] == await ok(api, f"/api/candidates/{interview['candidate']}/")
    assert printed["job"] == await ok(api, f"/api/jobs/{interview['job']}/")
    (told,) = printed["bookings"]
    assert told["session"] == await ok(api, f"/api/interviews/sessions/{booked.session.id}/")
    in_api = await ok(api, f"/api/interviews/schedules/{booked.id}/")
    warnings = [schedule["invitation"].pop("warnings") for schedule in (told["schedule"], in_api)]
    assert told["schedule"] == in_api
    assert warnings[0]  # those of another installation: its BASE_URL is the default
    candidate, recruiters = told["recipients"]
    assert (candidate["recipient"], recruiters["recipient"]) == ("a…@example.com", "recruiters")
    for one in (*candidate["deliveries"], *recruiters["deliveries"]):
        in_api = await ok(api, f"/api/notifications/deliveries/{one['id']}/")
        del in_api["attempts"]
        assert one == in_api


@WITH_DATABASE
async def test_no_door_of_the_shell_shows_a_key_or_a_whole_address(database_url: str) -> None:
    booked = (await of_asha()).booking
    key = session_keys.mint(SECRET, booked.session.id, 1)
    said = shown("sessions", "show", booked.session.id, url=database_url)
    printed = run("sessions", "show", booked.session.id, "--json", url=database_url)[1]
    assert key not in said + printed
    assert key.partition(".")[0] not in said + printed
    assert "asha@example.com" not in said
    session = json.loads(printed)["bookings"][0]["schedule"]["session"]
    assert (session["session_key"], session["portal_url"]) == (None, None)


@WITH_DATABASE
async def test_what_the_other_side_said_last_and_why_is_beside_a_delivery(settings: Settings) -> None:
    booked = (await of_asha(REFUSED)).booking
    said = await lines(settings, booked)
    assert field(said, "Invitation") == "failed"
    told = said.split("\nMessages to ")[1]
    assert "  invitation on email, revision 1: rejected\n" in told
    assert "    recipient_unknown: The recipient's address does not exist.\n" in told
    assert "    reply: 5.1.1 No such user here\n" in told


@WITH_DATABASE
async def test_a_person_without_a_time_zone_is_shown_the_default_one(settings: Settings) -> None:
    booked = (await book()).booking
    said = await lines(settings, booked)
    assert field(said, "Time zone") == "not known; DEFAULT_TIME_ZONE is Asia/Kolkata"
    assert "+05:30 (" in field(said, "Closes")
    assert (field(said, "Résumé"), field(said, "Language"), field(said, "Coding in")) == (
        "none",
        "not known",
        "not chosen",
    )


@WITH_DATABASE
async def test_an_interview_that_was_never_booked_says_so(database_url: str) -> None:
    interview = await make_interview()
    said = shown("interviews", "show", interview, url=database_url)
    assert field(said, "Interview") == f"{interview} open"
    assert said.endswith("\nNot booked.\n")
    assert as_json("interviews", "show", interview, url=database_url)["bookings"] == []


@WITH_DATABASE
async def test_an_interview_shows_each_of_its_bookings_the_live_one_first(settings: Settings) -> None:
    first = (await book()).booking
    await cancellations.cancel(first.id, by=TESTS, reason="The room is taken.", outbox=OUTBOX)
    second = (await book(first.interview, minutes=90)).booking
    said = await lines(settings, first, booking_view.of_interview)
    assert re.findall(r"^Booking +(\S+) (\w+)", said, re.MULTILINE) == [
        (str(second.id), "pending"),
        (str(first.id), "cancelled"),
    ]
    assert re.findall(r"^Link +(.*)", said, re.MULTILINE)[1] == "over: the booking is cancelled"
    assert "cancelled by tests: The room is taken." in said
    assert str(second.id) not in await lines(settings, first)


@WITH_DATABASE
async def test_interviewers_are_among_those_who_are_told_also_of_a_slot_that_was_left(settings: Settings) -> None:
    booked = await of_asha()
    await hold(booked.booking.slot)
    await notify_interviewer(booked, state="rejected", reason="recipient_unknown")
    other = await make_slot(minutes=300)
    await moves.move(booked.booking.id, other, by=TESTS, reason="", outbox=WITH_RECRUITERS, windows=WINDOWS)
    said = await lines(settings, booked.booking)
    _, candidate, interviewer, recruiters = said.split("\nMessages to ")
    assert candidate.startswith("the candidate, a…@example.com\n")
    assert interviewer.startswith("the interviewer, i…@example.com\n")
    assert "  interviewer_invitation on email, revision 1: rejected" in interviewer
    assert f"    about the slot that was left, {booked.booking.slot}\n" in interviewer
    assert recruiters.startswith("recruiters\n")


@WITH_DATABASE
async def test_the_state_of_the_link_is_said_in_words(settings: Settings) -> None:
    booked = (await book(starts_at=soon())).booking

    async def link() -> str:
        said = field(await lines(settings, booked, booking_view.of_session), "Link")
        return re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "T", said)

    await sessions.enter(booked.session.id, 1, outbox=OUTBOX)
    assert await link() == "in use: the candidate entered at TZ"
    await sessions.leave(booked.session.id, 1, outbox=OUTBOX)
    assert await link() == "over: the interview ended at TZ"
    await db.fetch("UPDATE session SET entered_at = NULL, left_at = NULL")
    await links.revoke(booked.session.id, by=TESTS)
    assert await link() == "revoked at TZ"


@WITH_DATABASE
async def test_who_came_too_late_is_shown_with_their_devices_and_what_they_asked_for(settings: Settings) -> None:
    booked = (await book()).booking
    past = [soon(minutes) for minutes in (-9, -8, -7)]
    await db.fetch("UPDATE session SET opens_at = $1, closes_at = $2, late_requested_at = $3", *past)
    for camera in ("NotAllowedError", "NotFoundError"):
        await sessions.record_device_check(booked.session.id, DeviceCheck(camera=camera, microphone="ok"))
    said = await lines(settings, booked)
    assert re.search(r"^Devices .*NotFoundError.*\n +camera NotAllowedError, microphone ok, ", said, re.MULTILINE)
    assert re.fullmatch(r"over: it closed at \S+ \S+Z, and nobody had entered", field(said, "Link"))
    assert field(said, "Devices").startswith("camera NotFoundError, microphone ok, checked at ")
    asked = f"{past[2]:%Y-%m-%d %H:%M:%S}Z"
    assert field(said, "Asked") == f"for another time, at {asked}"
    assert field(said, "Headline") == field(said, "Attention") == f"Asked for another time, {asked}"


@WITH_DATABASE
async def test_a_move_is_in_the_history_and_each_revision_has_its_messages(settings: Settings) -> None:
    booked = (await of_asha()).booking
    await moves.move(
        booked.id, await make_slot(starts_at=soon(300)), by=TESTS, reason="", outbox=WITH_RECRUITERS, windows=WINDOWS
    )
    said = await lines(settings, booked)
    assert field(said, "Changed").endswith("Z rescheduled by tests")
    told = said.split("\nMessages to ")[1]
    assert re.findall(r"^  (\w+) on email, revision (\d)", told, re.MULTILINE) == [
        ("rescheduled", "2"),
        ("invitation", "1"),
    ]


@WITH_DATABASE
async def test_everybody_who_takes_part_is_named_with_whether_they_were_told(settings: Settings) -> None:
    booked = await of_asha()
    await hold(booked.booking.slot)
    await db.fetch("UPDATE slot SET interviewer_name = 'Ivo Braun'")
    await notify_interviewer(booked, state="rejected", reason="recipient_unknown")
    said = re.search(r"^People +(.*)\n +(.*)", await lines(settings, booked.booking), re.MULTILINE)
    assert said
    assert said.groups() == (
        "candidate Asha Rao, a…@example.com: sent",
        "interviewer Ivo Braun, i…@example.com: failed",
    )


@WITH_DATABASE
async def test_what_did_not_have_to_be_sent_says_why(settings: Settings) -> None:
    booked = (await of_asha()).booking
    for slot in (await make_slot(starts_at=soon(300)), booked.slot):
        await moves.move(booked.id, slot, by=TESTS, reason="", outbox=WITH_RECRUITERS, windows=WINDOWS)
    await due.decide(now=soon(1))
    told = (await lines(settings, booked)).split("\nMessages to ")[1]
    assert re.findall(r"revision (\d): superseded\n    ID .*\n    (.*)", told) == [
        ("3", "The message of revision 1 says the same."),
        ("2", "What it says has changed since, or somebody has dealt with it."),
    ]


@WITH_DATABASE
async def test_an_erased_person_is_named_by_nobody(database_url: str) -> None:
    booked = (await of_asha()).booking
    candidate = await db.fetch_value("SELECT candidate FROM interview WHERE id = $1", booked.interview)
    await erase(candidate, by=TESTS, outbox=OUTBOX)
    said = shown("interviews", "show", booked.interview, url=database_url)
    assert said.startswith("Erased candidate, Backend Engineer at Example Labs, round 1\n")
    assert field(said, "Candidate") == "erased"
    assert field(said, "Time zone") == "not known; DEFAULT_TIME_ZONE is Asia/Kolkata"
    assert field(said, "Link") == "over: the candidate has been erased"
    assert field(said, "People") == "candidate erased: pending"  # the cancellation
    assert said.count("Messages to the candidate, erased\n") == 1
    printed = run("interviews", "show", booked.interview, "--json", url=database_url)[1]
    body = json.loads(printed)
    assert (body["candidate"], body["interview"]["candidate"]) == (None, None)
    for text in (said, printed):
        assert not re.search(rf"Asha|asha|{RESUME}|erased\.invalid|{candidate}", text)


@WITH_DATABASE
@pytest.mark.parametrize("group", ["interviews", "sessions", "bookings"])
async def test_an_unknown_id_is_one_sentence_and_exit_1(group: str, database_url: str) -> None:
    unknown = uuid4()
    what = group.removesuffix("s")
    assert run(group, "show", unknown, url=database_url) == (
        1,
        "",
        f"hireloop: There is no {what} with the ID {unknown}.\n",
    )


@WITH_DATABASE
async def test_an_id_of_another_kind_is_said_to_be_one(database_url: str) -> None:
    booked = await book()
    ids: dict[str, UUID] = {
        "interview": booked.booking.interview,
        "booking": booked.booking.id,
        "session": booked.booking.session.id,
        "delivery": booked.deliveries[0].id,
    }
    groups = {"interview": "interviews", "booking": "bookings", "session": "sessions", "delivery": "deliveries"}
    asked = [("interview", "booking"), ("booking", "session"), ("session", "delivery"), ("delivery", "interview")]
    for what, other in asked:
        article = "an" if other == "interview" else "a"
        named = f"This is the ID of {article} {other}: run `hireloop {groups[other]} show {ids[other]}`."
        why = f"hireloop: There is no {what} with the ID {ids[other]}. {named}\n"
        assert run(groups[what], "show", ids[other], url=database_url) == (1, "", why)


@WITH_DATABASE
async def test_what_has_no_command_of_its_own_is_named_too(database_url: str) -> None:
    booked = (await book()).booking
    job = await db.fetch_value("SELECT job FROM interview WHERE id = $1", booked.interview)
    for what, ident in (("slot", booked.slot), ("job", job)):
        _, _, why = run("bookings", "show", ident, url=database_url)
        assert why == f"hireloop: There is no booking with the ID {ident}. This is the ID of a {what}.\n"


@WITH_DATABASE
async def test_what_came_back_is_shown_with_who_says_so(settings: Settings) -> None:
    booked = await of_asha()
    claim = DeliveryReport(
        action=MailAction.FAILED,
        status="5.1.1",
        message_ids=(f"<{booked.deliveries[0].id}@hire.example>",),
        diagnostic="no such user",
    )
    await bounces.record(claim, ReturnPath("", [SECRET]), vouched=True, claimed_by="Rita")
    told = re.sub(r"\n +", " ", (await lines(settings, booked.booking)).split("\nMessages to ")[1])
    assert re.search(r"revision 1: bounced \S+ \S+Z ID", told)
    assert "reported by Rita with an API key, and not confirmed by a returned email" in told
    assert re.search(r"came back \S+ \S+Z failed \(reported by Rita\): no such user", told)


@WITH_DATABASE
async def test_nothing_that_people_or_servers_wrote_breaks_the_lines_of_a_terminal(settings: Settings) -> None:
    reply = Evidence(phase=Phase.REPLY, code=250, reply=f"2.0.0 \x1b[2J{'x' * 200}\r\nsecond")
    booked = (await of_asha(reply)).booking
    await db.fetch("UPDATE candidate SET full_name = $1", " ".join(["Chandrasekaran"] * 12))
    await db.fetch("UPDATE schedule SET booking_notes = $1", "Bring:\n\x07- an idea\n- a pen")
    said = await lines(settings, booked)
    assert said.replace("\n", "").isprintable()
    assert field(said, "Notes") == "Bring:  - an idea - a pen"
    assert said.count("Chandrasekaran") == 2 * 12  # first, and among the people
