"""How an open page follows its session: a WebSocket, the same by a poll where that fails, and who is in the interview.

Reading changes nothing, however long it goes on and also if a scanner's script does it. Only a press makes a tab
the one that is in the interview; it then renews its lease with its answers over the socket.
"""

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec
from litestar import MediaType, Response, WebSocket, websocket
from litestar.exceptions import ClientException, WebSocketException
from litestar.params import FromPath

from hireloop import db
from hireloop.access.refusals import note
from hireloop.portal import gate, render, stages
from hireloop.portal.gate import path_of
from hireloop.portal.stages import Stage
from hireloop.scheduling.sessions import followed_sessions
from hireloop.scheduling.sessions.followed_sessions import FollowedSession
from hireloop.scheduling.sessions.sessions import Visit
from hireloop.telemetry.refusals import WhyRefused
from hireloop.web.context import AnyRequest, context_of
from hireloop.web.csrf import is_our_socket
from hireloop.web.following import Follower, TooManyFollowers
from hireloop.web.forms import fields_of, uuid_of

LARGEST_MESSAGE = 4_096  # bytes
PING_SECONDS = 20.0
BEAT_SECONDS = 10.0  # for the tab that is in the interview, whose answer renews its lease
SILENCE_SECONDS = 50.0
SEND_SECONDS = 10.0
_MOST_MESSAGES, _IN_SECONDS = 20, 10.0
_A_MOMENT = timedelta(milliseconds=50)

# Why a socket is closed: 4403, 4408, 4413 and 4429 as the statuses of HTTP.
NOT_ALLOWED, SILENT, TOO_LARGE, TOO_MANY, RESTARTS = 4403, 4408, 4413, 4429, 1012

AnySocket = WebSocket[Any, Any, Any]


class ActiveClient(StrEnum):
    """Which of the candidate's tabs is in the interview, as one of them is told."""

    HERE = "here"
    ELSEWHERE = "elsewhere"
    NOBODY = "nobody"


class PageState(msgspec.Struct, frozen=True, kw_only=True):
    """What an open page is told: nothing that only its candidate may know."""

    stage: Stage
    version: str  # the page's own is another one: it says something that is not true any more
    changes_at: datetime | None
    active: ActiveClient
    now: datetime


def state_of(session: FollowedSession, client: UUID | None) -> PageState:
    """Return what this tab is told of its session; pure."""
    stage = stages.stage_of(session)
    return PageState(
        stage=stage,
        version=stages.version_of(session),
        changes_at=stages.changes_at(session, stage),
        active=_active(session, client),
        now=session.now,
    )


def _active(session: FollowedSession, client: UUID | None) -> ActiveClient:
    if session.active_client is not None and session.active_client == client:
        return ActiveClient.HERE  # also past its lease, as after a sleep: nobody else has taken over
    return ActiveClient.NOBODY if followed_sessions.holder_at(session, session.now) is None else ActiveClient.ELSEWHERE


@gate.visited
async def state(request: AnyRequest, visit: Visit) -> Response[bytes]:
    """Say once where the session stands. Changes nothing."""
    found = await followed_sessions.read([visit.session_id])
    said = state_of(found[visit.session_id], uuid_of(request.query_params.get("client")))
    return Response(msgspec.json.encode(said), media_type=MediaType.JSON)


@gate.pressed
async def take_over(request: AnyRequest, visit: Visit) -> Response[bytes]:
    """Let this tab be the one that is in the interview; the others are told."""
    client = uuid_of((await fields_of(request)).get("client"))
    if client is not None:
        await followed_sessions.take_over(visit.session_id, visit.key_version, client)
    return render.see_other(path_of(visit))


@gate.beating
async def beat(request: AnyRequest, visit: Visit) -> Response[None]:
    """Renew the lease of a tab whose socket fails; responds with 204 to the script that sent it."""
    client = uuid_of((await fields_of(request)).get("client"))
    if client is None:
        msg = "This is not the id of a tab."
        raise ClientException(msg)
    await followed_sessions.renew(visit.session_id, client)
    return render.nothing()


@websocket("/i/{session_id:str}/live")
async def follow(socket: AnySocket, session_id: FromPath[str]) -> None:
    """Tell our own page where its session stands, and again with each change, until it or its link has ended."""
    visit = await _let_in(socket, gate.parse(session_id))
    client = uuid_of(socket.query_params.get("client"))
    await socket.accept()
    try:
        with context_of(socket).following.follow(visit.session_id) as follower:
            code = await _Conversation(socket, follower, visit.key_version, client).hold()
    except TooManyFollowers:
        code = TOO_MANY
    with suppress(WebSocketException, RuntimeError, TimeoutError):  # the other side may have gone
        async with asyncio.timeout(SEND_SECONDS):
            await socket.close(code)


async def _let_in(socket: AnySocket, session_id: UUID) -> Visit:
    """Return the visit of the cookie; raises WebSocketException, which no page of others can tell from a failure."""
    if not is_our_socket(socket, base_url=context_of(socket).settings.base_url):
        note(socket, WhyRefused.CSRF)
        raise WebSocketException(detail="", code=NOT_ALLOWED)
    found = await gate.check_cookie(socket, session_id)
    if not isinstance(found, Visit):
        await gate.hold_back(socket, found)
        raise WebSocketException(detail="", code=NOT_ALLOWED)
    return found


class _Conversation:
    """One accepted socket: we say where the session stands, and the page answers each time."""

    def __init__(self, socket: AnySocket, follower: Follower, key_version: int, client: UUID | None) -> None:
        self._socket, self._follower = socket, follower
        self._key_version, self._client = key_version, client
        self._clock = asyncio.get_running_loop().time
        self._renewed_at = self._clock()

    async def hold(self) -> int:
        """Hold it until either side ends it, and return the code to close it with."""
        sides = {asyncio.create_task(self._say()), asyncio.create_task(self._hear())}
        try:
            done, _ = await asyncio.wait(sides, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for side in sides:
                side.cancel()
            await asyncio.wait(sides)
        return next(iter(done)).result()

    async def _say(self) -> int:
        said: PageState | None = None
        await self._follower.changed.wait()
        while not self._follower.is_over:
            self._follower.changed.clear()
            session = self._follower.session
            if session is None or session.is_erased or session.key_version != self._key_version:
                return NOT_ALLOWED
            state = state_of(session, self._client)
            try:
                async with asyncio.timeout(SEND_SECONDS):
                    await self._socket.send_text(msgspec.json.encode(state).decode())
            except (WebSocketException, RuntimeError, TimeoutError):
                return SILENT
            if state.stage is Stage.REVOKED:
                return NOT_ALLOWED
            said = state
            await self._wait_for_news(said)
        return RESTARTS

    async def _wait_for_news(self, said: PageState) -> None:
        """Wait until something else is true, or it is time to say it again, which keeps proxies from closing."""
        until = self._clock() + (BEAT_SECONDS if said.active is ActiveClient.HERE else PING_SECONDS)
        while not self._follower.is_over:
            session = self._follower.session
            if session is None or session.is_erased or session.key_version != self._key_version:
                return
            if msgspec.structs.replace(state_of(session, self._client), now=said.now) != said:
                return
            by_clock = said.changes_at and self._clock() + max(said.changes_at - session.now, _A_MOMENT).total_seconds()
            try:
                async with asyncio.timeout_at(min(until, by_clock or until)):
                    await self._follower.changed.wait()
                    self._follower.changed.clear()
            except TimeoutError:
                if self._clock() >= until:
                    return

    async def _hear(self) -> int:
        began, heard = self._clock(), 0
        while True:
            try:
                async with asyncio.timeout(SILENCE_SECONDS):
                    message = await self._socket.receive()
            except (WebSocketException, TimeoutError):
                return SILENT
            if message["type"] != "websocket.receive":
                return SILENT
            if len(message.get("bytes") or "") + len((message.get("text") or "").encode()) > LARGEST_MESSAGE:
                return TOO_LARGE
            if self._clock() - began > _IN_SECONDS:
                began, heard = self._clock(), 0
            heard += 1
            if heard > _MOST_MESSAGES:
                return TOO_MANY
            await self._renew()

    async def _renew(self) -> None:
        """Take an answer for a sign of life of the tab that is in the interview; of any other it changes nothing."""
        session = self._follower.session
        if session is None or self._client is None or session.active_client != self._client:
            return
        if self._clock() - self._renewed_at >= BEAT_SECONDS / 2:
            self._renewed_at = self._clock()
            with suppress(*db.UNAVAILABLE):  # the next one counts: the lease is longer than two of them
                await followed_sessions.renew(self._follower.session_id, self._client)
