"""The demo: books a sample interview that starts now, through the API, and follows its invitation to the end."""

import asyncio
import secrets
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import msgspec

from hireloop import db
from hireloop.access import api_keys
from hireloop.access.tables import Role
from hireloop.local.mailbox.mail_view import MailView
from hireloop.local.traces.trace_tree import render_tree, what_is_missing
from hireloop.local.up import RunningInstallation, Speak

_MAIL_SECONDS = 30.0
_TRACE_SECONDS = 20.0
_LOOK_AGAIN_SECONDS = 0.05


class DemoResult(msgspec.Struct, frozen=True, kw_only=True):
    """What the demo saw: the link, and what was missing (nothing, if everything worked)."""

    portal_url: str
    missing: list[str]


def show(running: RunningInstallation, say: Speak) -> DemoResult:
    """Book, wait for the mail and for the trace, and say each; raises httpx.HTTPStatusError if the API refuses."""
    known, key = asyncio.run(_make_key(running))
    try:
        return _show(running, key, say)
    finally:
        asyncio.run(_revoke(running, known))


async def _make_key(running: RunningInstallation) -> tuple[UUID, str]:
    async with db.opened(running.settings.listen_url, pool_size=1):
        known, key = await api_keys.create("demo", Role.RECRUITER)
    return known.id, key


async def _revoke(running: RunningInstallation, ident: UUID) -> None:
    async with db.opened(running.settings.listen_url, pool_size=1):
        await api_keys.revoke(ident)


def _show(running: RunningInstallation, key: str, say: Speak) -> DemoResult:
    with httpx.Client(
        base_url=running.url, headers={"Authorization": f"Bearer {key}"}, timeout=30, trust_env=False
    ) as api:
        schedule = _book(api)
        link = schedule["session"]["portal_url"]
        missing: list[str] = []
        say("\n── The booking ─────────────────────────────────────────────────────────────")
        say(f"A sample interview has been booked: {schedule['starts_at']}, schedule {schedule['id']}")
        say("\n── The mail, as the SMTP server received it ────────────────────────────────")
        missing += _show_mail(running, schedule, say)
        delivery = _await_sent(api, schedule["invitation"]["deliveries"][0]["id"])
        if delivery["state"] != "sent":
            missing.append(f"The invitation is {delivery['state']}: {delivery['last_reason']} {delivery['last_reply']}")
    say("\n── The trace, from the booking to the SMTP reply ───────────────────────────")
    spans = running.spans.wait_for(
        schedule["trace_id"], lambda found: not what_is_missing(found), timeout=_TRACE_SECONDS
    )
    say(render_tree(spans))
    return DemoResult(portal_url=link, missing=[*missing, *what_is_missing(spans)])


def _book(api: httpx.Client) -> dict[str, Any]:
    now = datetime.now(UTC).replace(second=0, microsecond=0)  # a slot begins on a minute; its link is open already
    interview = _post(
        api,
        "/api/interviews/",
        {
            "candidate": {"full_name": "Asha Rao", "email": f"asha.rao.{secrets.token_hex(4)}@example.com"},
            "job": {"title": "Backend Engineer", "company": "Example Labs"},
        },
    )
    slot = _post(
        api,
        "/api/interviews/slots/",
        {"starts_at": now.isoformat(), "ends_at": (now + timedelta(minutes=45)).isoformat()},
    )
    notes = "This is a sample interview. Open the link, check your camera and microphone, and start."
    return _post(
        api,
        f"/api/interviews/slots/{slot['id']}/book_slot/",
        {"interview_id": interview["id"], "booking_notes": notes},
    )


def _post(api: httpx.Client, path: str, body: dict[str, Any]) -> dict[str, Any]:
    response = api.post(path, json=body)
    response.raise_for_status()
    created: dict[str, Any] = response.json()
    return created


def _show_mail(running: RunningInstallation, schedule: dict[str, Any], say: Speak) -> list[str]:
    if running.mailbox is None:
        say("A mail server is configured, so the mail was sent there.")
        return []
    link = schedule["session"]["portal_url"]
    try:
        mail = running.mailbox.wait_for(where=lambda one: link in (MailView(one).text or ""), timeout=_MAIL_SECONDS)[0]
    except TimeoutError as error:
        return [f"A mail with the link has not arrived. {error}"]
    view = MailView(mail)
    for name, value in [("Subject", view.subject), *view.headers]:
        say(f"{name}: {value}")
    say(f"\n{(view.text or '').rstrip()}")
    return []


def _await_sent(api: httpx.Client, delivery_id: str) -> dict[str, Any]:
    until = time.monotonic() + _MAIL_SECONDS
    while True:
        response = api.get(f"/api/notifications/deliveries/{delivery_id}/")
        response.raise_for_status()
        delivery: dict[str, Any] = response.json()
        if delivery["state"] != "pending" or time.monotonic() > until:
            return delivery
        time.sleep(_LOOK_AGAIN_SECONDS)
