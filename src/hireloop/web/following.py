"""Who follows which session in this process: their pages are told when it changes, within a second or so.

Changes are heard of in three ways: from this process itself, once a change is committed; from others, by a NOTIFY; and
by reading again, which is what is relied on. Only sessions that somebody follows here are read, many in one statement,
and reading changes nothing.
"""

import asyncio
import resource
import secrets
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from uuid import UUID

from hireloop import db, errors
from hireloop.db.notifications import listen_to
from hireloop.scheduling.bookings import announcements
from hireloop.scheduling.sessions import followed_sessions
from hireloop.scheduling.sessions.followed_sessions import FollowedSession
from hireloop.statements import Statement
from hireloop.telemetry import metrics
from hireloop.telemetry.logs import log

MOST_FOLLOWERS = 2_048  # of a process, and never more than a quarter of the files that it may open
MOST_OF_A_SESSION = 4
READ_AGAIN_SECONDS = 30.0
LEASED_READ_AGAIN_SECONDS = 15.0  # before the lease that was read can have run out
UNHEARD_READ_AGAIN_SECONDS = 3.0  # where notifications do not arrive, as through a pooler
_TOGETHER = 500
_AFTER_FAILURE_SECONDS = 2.0
_PROBED_EVERY_SECONDS = 60.0
_PROBE_SECONDS = 3.0
_PROBE = "probe"
# Sends the probe.
_NOTIFY = Statement(f"SELECT pg_notify('{announcements.CHANNEL}', :words)")


class TooManyFollowers(Exception):
    """There are as many as there may be, of this session or in this process."""


class Follower:
    """Somebody who follows one session: where it stands, as far as is known here."""

    def __init__(self, session_id: UUID) -> None:
        self.session_id = session_id
        self.changed = asyncio.Event()  # read again, or over
        self.is_over = False  # the process stops
        self._session: FollowedSession | None = None
        self._read_at = 0.0

    @property
    def session(self) -> FollowedSession | None:
        """The session as it was last read, with the time that it is now; None before that, or if there is none."""
        if self._session is None:
            return None
        passed = timedelta(seconds=asyncio.get_running_loop().time() - self._read_at)
        return followed_sessions.at(self._session, self._session.now + passed)

    def tell(self, session: FollowedSession | None, *, read_at: float) -> None:
        """Let the follower know where the session stood at this time by the loop's clock."""
        self._session, self._read_at = session, read_at
        self.changed.set()

    def end(self) -> None:
        """Let the follower know that nothing more is told."""
        self.is_over = True
        self.changed.set()


class Following:
    """The followers of one process; it listens and reads in the background."""

    def __init__(self, listen_url: str) -> None:
        self._url = listen_url
        self._followers: dict[UUID, set[Follower]] = {}
        self._due: dict[UUID, float] = {}  # when each is read again, by the loop's clock
        self._wanted = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._probe = ""
        self._probe_heard = asyncio.Event()
        self._hears = True  # until a probe says otherwise
        self._count, self._most = 0, _room()

    async def start(self) -> None:
        """Begin to listen and to read, and let the metrics say how many follow."""
        metrics.SOCKETS.watch(lambda: [(self._count, {})])
        listening = listen_to(announcements.CHANNEL, self._url, self._hear, name="api-listen")
        for work, name in ((listening, "listen"), (self._read_due(), "read"), (self._keep_probing(), "probe")):
            self._tasks.append(asyncio.create_task(work, name=f"following-{name}"))

    async def stop(self) -> None:
        """End, and let every follower know."""
        for followers in self._followers.values():
            for follower in followers:
                follower.end()
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with suppress(asyncio.CancelledError):
                await task

    @contextmanager
    def follow(self, session_id: UUID) -> Iterator[Follower]:
        """Let somebody follow a session for a block; raises TooManyFollowers."""
        if self._count >= self._most or len(self._followers.get(session_id, ())) >= MOST_OF_A_SESSION:
            raise TooManyFollowers
        follower = Follower(session_id)
        self._followers.setdefault(session_id, set()).add(follower)
        self._count += 1
        self.look_at([session_id])
        try:
            yield follower
        finally:
            self._count -= 1
            self._followers[session_id].discard(follower)
            if not self._followers[session_id]:
                del self._followers[session_id]
                self._due.pop(session_id, None)

    def look_at(self, session_ids: Collection[UUID]) -> None:
        """Read those of these sessions soon that somebody follows here; returns at once."""
        for session_id in session_ids:
            if session_id in self._followers:
                self._due[session_id] = 0.0
                self._wanted.set()

    def _hear(self, words: str) -> None:
        if not words:  # connected, maybe again: something may have been missed
            self.look_at(list(self._followers))
        elif words == self._probe:
            self._probe_heard.set()
        elif not words.startswith(_PROBE):
            with suppress(ValueError):
                self.look_at([UUID(hex=word) for word in words.split(" ")])

    async def _read_due(self) -> None:
        clock = asyncio.get_running_loop().time
        while True:
            self._wanted.clear()
            due = [session_id for session_id, at in self._due.items() if at <= clock()][:_TOGETHER]
            if due:
                await self._read(due)
                continue
            until = min(self._due.values(), default=clock() + READ_AGAIN_SECONDS)
            with suppress(TimeoutError):
                async with asyncio.timeout_at(until):
                    await self._wanted.wait()

    async def _read(self, due: list[UUID]) -> None:
        began = asyncio.get_running_loop().time()
        again = READ_AGAIN_SECONDS if self._hears else UNHEARD_READ_AGAIN_SECONDS
        self._due.update((session_id, began + again) for session_id in due)  # what is heard meanwhile is read again
        try:
            found = await followed_sessions.read(due)
        except (*db.UNAVAILABLE, errors.DatabaseNotReady) as error:
            log.warning("following.not_read", error=db.described(error), again_in_seconds=_AFTER_FAILURE_SECONDS)
            await asyncio.sleep(_AFTER_FAILURE_SECONDS)
            self._due.update((session_id, 0.0) for session_id in due if session_id in self._followers)
            return
        read_at = asyncio.get_running_loop().time()  # rather behind the database's clock than ahead of it
        for session_id in due:
            followers, session = self._followers.get(session_id), found.get(session_id)
            if followers is None:
                self._due.pop(session_id, None)
            elif session is not None and session.active_client is not None:
                self._due[session_id] = min(self._due[session_id], began + LEASED_READ_AGAIN_SECONDS)
            for follower in followers or ():
                follower.tell(session, read_at=read_at)

    async def _keep_probing(self) -> None:
        """Find out whether notifications arrive at all: through a pooler in transaction mode they do not."""
        while True:
            heard = await self._hears_itself()
            if heard is not None and heard != self._hears:
                self._hears = heard
                if not heard:
                    log.warning("following.not_heard", again_in_seconds=UNHEARD_READ_AGAIN_SECONDS)
                    self.look_at(list(self._followers))
            await asyncio.sleep(_PROBED_EVERY_SECONDS)

    async def _hears_itself(self) -> bool | None:
        """Return whether a notification of ours arrives, or None if it could not be sent."""
        self._probe = f"{_PROBE} {secrets.token_hex(8)}"
        self._probe_heard.clear()
        try:
            for _ in range(2):  # the first one may come before the connection that listens
                await _NOTIFY.run(words=self._probe)
                with suppress(TimeoutError):
                    async with asyncio.timeout(_PROBE_SECONDS):
                        await self._probe_heard.wait()
                        return True
        except db.UNAVAILABLE:
            return None
        return False


def _room() -> int:
    """Return how many followers this process can have, so that requests never lack a file for their connection."""
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST_FOLLOWERS if limit == resource.RLIM_INFINITY else min(MOST_FOLLOWERS, limit // 4)
