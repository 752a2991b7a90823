"""One session behind its cookie: the page of its stage, the device check, Start, Finish, and a late request."""

from collections.abc import Callable
from typing import Any, Literal

import msgspec
from litestar import Response
from litestar.exceptions import ClientException
from litestar.params import FromPath

from hireloop.notify.deliveries.outbox import Outbox
from hireloop.portal import render
from hireloop.portal.gate import Access, AnyRequest, path_of
from hireloop.portal.session_pages import SessionPages
from hireloop.scheduling.sessions import late_requests, sessions
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

    def __init__(
        self, settings: Settings, access: Access, pages: SessionPages, outbox: Outbox, hint: Callable[[], None]
    ) -> None:
        """Take what the handlers need; `hint` tells the workers that something is due."""
        self._settings, self._access, self._pages, self._outbox, self._hint = settings, access, pages, outbox, hint

    async def page(self, request: AnyRequest, session_id: FromPath[str]) -> Response[bytes]:
        """Show where the session stands. Changes nothing."""
        visit = await self._access.let_in(request, session_id)
        if isinstance(visit, Response):
            return visit
        return self._pages.stage(visit, self._access.key_in(request, visit.session_id))

    async def start(self, request: AnyRequest, session_id: FromPath[str]) -> Response[bytes]:
        """Enter the interview where it can be entered; the page that follows says what came of it."""
        visit = await self._access.let_in(request, session_id, to_act=True)
        if isinstance(visit, Response):
            return visit
        await sessions.enter(visit.session_id, visit.key_version)
        return render.see_other(path_of(visit))

    async def finish(self, request: AnyRequest, session_id: FromPath[str]) -> Response[bytes]:
        """Leave the interview for good, if it was entered."""
        visit = await self._access.let_in(request, session_id, to_act=True)
        if isinstance(visit, Response):
            return visit
        await sessions.leave(visit.session_id, visit.key_version)
        return render.see_other(path_of(visit))

    async def ask(self, request: AnyRequest, session_id: FromPath[str]) -> Response[bytes]:
        """Tell the recruiters that this candidate, who came too late, asks for another time; once is enough."""
        visit = await self._access.let_in(request, session_id, to_act=True)
        if isinstance(visit, Response):
            return visit
        if await late_requests.ask(
            visit.session_id, visit.key_version, outbox=self._outbox, alert_email=self._settings.alert_email
        ):
            self._hint()
        return render.see_other(path_of(visit))

    async def record_devices(self, request: AnyRequest, session_id: FromPath[str]) -> Response[Any]:
        """Remember what the browser found, for the recruiter; answers 204 to the script that sent it."""
        visit = await self._access.let_in(request, session_id, to_act=True)
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
