"""One session behind its cookie: the page of its stage, the device check, Start, Finish, and a late request."""

from collections.abc import Callable
from typing import Any, Literal
from urllib.parse import quote
from uuid import UUID

import msgspec
from litestar import Response
from litestar.exceptions import ClientException, NotFoundException
from litestar.params import FromPath

from hireloop.notify.outbox import Outbox
from hireloop.notify.times import moment
from hireloop.portal import render, stages, times
from hireloop.portal.access import Access, AnyRequest, form_token
from hireloop.scheduling import late_requests, sessions
from hireloop.scheduling.sessions import Visit
from hireloop.settings import Settings

# What a browser can say of a device: `ok`, or the DOMException that getUserMedia failed with.
DeviceWord = Literal[
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


class DeviceWords(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of a device check."""

    camera: DeviceWord
    microphone: DeviceWord


class Room:
    """The handlers under `/i/{session id}/`. Every one of them checks the cookie again."""

    def __init__(self, settings: Settings, access: Access, outbox: Outbox, hint: Callable[[], None]) -> None:
        """Take what the pages need; `hint` tells the workers that something is due."""
        self._settings, self._access, self._outbox, self._hint = settings, access, outbox, hint

    async def page(self, request: AnyRequest, session_id: FromPath[str]) -> Response[bytes]:
        """Show where the session stands. Changes nothing."""
        visit = await self._let_in(request, session_id)
        if isinstance(visit, Response):
            return visit
        return self._show(visit, self._access.key_in(request, visit.session_id))

    async def start(self, request: AnyRequest, session_id: FromPath[str]) -> Response[bytes]:
        """Enter the interview where it can be entered; the page that follows says what came of it."""
        visit = await self._let_in(request, session_id, to_act=True)
        if isinstance(visit, Response):
            return visit
        await sessions.enter(visit.session_id, visit.key_version)
        return render.see_other(path_of(visit))

    async def finish(self, request: AnyRequest, session_id: FromPath[str]) -> Response[bytes]:
        """Leave the interview for good, if it was entered."""
        visit = await self._let_in(request, session_id, to_act=True)
        if isinstance(visit, Response):
            return visit
        await sessions.leave(visit.session_id, visit.key_version)
        return render.see_other(path_of(visit))

    async def ask(self, request: AnyRequest, session_id: FromPath[str]) -> Response[bytes]:
        """Tell the recruiters that this candidate, who came too late, asks for another time; once is enough."""
        visit = await self._let_in(request, session_id, to_act=True)
        if isinstance(visit, Response):
            return visit
        if await late_requests.ask(
            visit.session_id, visit.key_version, outbox=self._outbox, alert_email=self._settings.alert_email
        ):
            self._hint()
        return render.see_other(path_of(visit))

    async def record_devices(self, request: AnyRequest, session_id: FromPath[str]) -> Response[Any]:
        """Remember what the browser found, for the recruiter; answers 204 to the script that sent it."""
        visit = await self._let_in(request, session_id, to_act=True)
        if isinstance(visit, Response):
            return visit
        try:
            words = msgspec.json.decode(await request.body(), type=DeviceWords)
        except (msgspec.DecodeError, UnicodeDecodeError):  # msgspec lets bad UTF-8 out as the latter
            msg = "This is not what a device check says."
            raise ClientException(msg) from None
        check = sessions.DeviceCheck(camera=words.camera, microphone=words.microphone)
        await sessions.record_device_check(visit.session_id, check)
        return render.nothing()

    async def _let_in(self, request: AnyRequest, text: str, *, to_act: bool = False) -> Visit | Response[bytes]:
        """Return the visit, or the page to answer with; `to_act`: only for a press on our own page."""
        session_id = _parse(text)
        found = await self._access.check_cookie(request, session_id)
        if not isinstance(found, Visit):
            return await self._access.refuse(request, found)
        if to_act and not await self._access.is_from_our_page(request, self._access.key_in(request, session_id)):
            return render.page("foreign", status_code=403, path=path_of(found))
        return found

    def _show(self, visit: Visit, key: str) -> Response[bytes]:
        stage = stages.stage_of(visit)
        locale = times.english_locale(visit.locale, self._settings.default_locale)
        zone = times.zone_of(visit.time_zone, self._settings.zone)
        said = times.told(
            starts_at=visit.starts_at,
            ends_at=visit.ends_at,
            opens_at=visit.opens_at,
            closes_at=visit.closes_at,
            zone=zone,
            locale=locale,
        )
        asked_at = visit.late_request_at
        return render.page(
            stage.value,
            lang=locale.replace("_", "-"),
            stage=stage.value,
            visit=visit,
            said=said,
            path=path_of(visit),
            token=form_token(key),
            changes_at=stages.changes_at(visit, stage),
            opens_in=times.about(visit.opens_at - visit.now),
            mailto=_mailto(visit),
            asked=moment(asked_at, visit.starts_at, zone, locale) if asked_at else "",
            can_ask=late_requests.reach_anybody(visit, self._outbox, alert_email=self._settings.alert_email),
        )


def path_of(visit: Visit) -> str:
    """Return where a session lives."""
    return f"/i/{visit.session_id}/"


def _parse(text: str) -> UUID:
    """Return the session id in a path; raises NotFoundException for any other spelling than ours."""
    try:
        session_id = UUID(text)
    except ValueError:
        raise NotFoundException from None
    if str(session_id) != text:
        raise NotFoundException
    return session_id


def _mailto(visit: Visit) -> str:
    if not visit.recruiter_email:
        return ""
    subject = quote(f"My interview: {visit.job_title}", safe="")
    return f"mailto:{quote(visit.recruiter_email, safe='@')}?subject={subject}"
