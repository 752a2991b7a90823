"""One session behind its cookie: the page of its stage, the device check, Start, Finish, and a late request.

Every handler checks the cookie again.
"""

from typing import Any, Literal

import msgspec
from litestar import Response

from hireloop.portal import gate, render, session_pages
from hireloop.portal.gate import path_of
from hireloop.scheduling.sessions import late_requests, sessions
from hireloop.scheduling.sessions.sessions import Visit
from hireloop.web.context import AnyRequest, context_of
from hireloop.web.forms import fields_of, uuid_of
from hireloop.web.json_bodies import decoded

# What a browser can say of a device: `ok`, or the DOMException that getUserMedia failed with.
DeviceResult = Literal[
    "ok",
    "AbortError",
    "InvalidStateError",
    "NotAllowedError",
    "NotFoundError",
    "NotReadableError",
    "NotSupportedError",
    "OverconstrainedError",
    "SecurityError",
    "TimeoutError",
    "UnknownError",
]


class DeviceCheckFields(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of a device check."""

    camera: DeviceResult
    microphone: DeviceResult


@gate.visited
async def page(request: AnyRequest, visit: Visit) -> Response[bytes]:
    """Show the state of the session. Changes nothing."""
    return session_pages.stage(request, visit)


@gate.pressed
async def start(request: AnyRequest, visit: Visit) -> Response[bytes]:
    """Enter the interview if it can be entered; the page that follows shows the result."""
    context = context_of(request)
    client = uuid_of((await fields_of(request)).get("client"))
    await sessions.enter(visit.session_id, visit.key_version, outbox=context.outbox, client=client)
    context.wakeups.send_soon()
    return render.see_other(path_of(visit))


@gate.pressed
async def finish(request: AnyRequest, visit: Visit) -> Response[bytes]:
    """Leave the interview for good, if it was entered."""
    context = context_of(request)
    await sessions.leave(visit.session_id, visit.key_version, outbox=context.outbox)
    context.wakeups.send_soon()
    return render.see_other(path_of(visit))


@gate.pressed
async def ask(request: AnyRequest, visit: Visit) -> Response[bytes]:
    """Tell the recruiters that this candidate, who came too late, asks for another time; once is enough."""
    context = context_of(request)
    if await late_requests.ask(
        visit.session_id, visit.key_version, outbox=context.outbox, alert_email=context.settings.alert_email
    ):
        context.wakeups.send_soon()
    return render.see_other(path_of(visit))


@gate.scripted
async def record_devices(request: AnyRequest, visit: Visit) -> Response[Any]:
    """Remember what the browser found, for the recruiter; responds with 204 to the script that sent it."""
    words = await decoded(request, DeviceCheckFields)
    check = sessions.DeviceCheck(camera=words.camera, microphone=words.microphone)
    await sessions.record_device_check(visit.session_id, check)
    return render.nothing()
