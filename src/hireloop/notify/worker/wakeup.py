"""Wake-ups: NOTIFY after a booking, LISTEN in a worker. They save time; polling is what is relied on.

NOTIFY inside the booking would serialise every commit, so it goes out after the commit, on a connection of its own,
at most once in 5 ms a process (docs/decisions/0008). The same connection tells server processes which sessions have
changed, so that the pages that are open somewhere follow (docs/decisions/0072).
"""

import asyncio
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from itertools import islice
from uuid import UUID

from hireloop import db
from hireloop.statements import Statement
from hireloop.telemetry.logs import log

CHANNEL = "hireloop_delivery"
SESSIONS_CHANNEL = "hireloop_session"
# The wake-up says that something is due, and not what.
NOTIFY = Statement(f"NOTIFY {CHANNEL}")
# These sessions have changed.
NOTIFY_SESSIONS = Statement(f"SELECT pg_notify('{SESSIONS_CHANNEL}', :words)")
_SESSIONS_TOGETHER = 200  # 33 bytes each: a notification has room for 7,999
_MOST_SESSIONS = 10_000  # that wait to be told: without a database nobody could read what has changed either
_AT_MOST_EVERY_SECONDS = 0.005
_ANSWER_SECONDS = 5.0  # a server that does not answer for so long is taken for gone
_CHECKED_EVERY_SECONDS = 15.0  # one that LISTENs hears nothing when its server's machine is gone
_FIRST_PAUSE_SECONDS = 0.05  # after a failure; each further one doubles it
_LONGEST_PAUSE_SECONDS = 5.0


class WakeupSender:
    """Sends the first NOTIFY at once and then at most one in 5 ms, and nothing that it does can fail a booking.

    Sessions that have changed meanwhile are named together, each once.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._wanted = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._is_due = False
        self._changed: dict[UUID, None] = {}  # in the order in which they changed

    def send_soon(self) -> None:
        """Ask for a NOTIFY soon; returns at once."""
        self._is_due = True
        self._wanted.set()

    def tell_changed(self, session_ids: Collection[UUID]) -> None:
        """Ask for a NOTIFY that names these sessions soon; returns at once."""
        self._changed.update(dict.fromkeys(islice(session_ids, _MOST_SESSIONS - len(self._changed))))
        self._wanted.set()

    async def start(self) -> None:
        """Begin to send, in the background."""
        self._task = asyncio.create_task(self._run(), name="wakeups")

    async def stop(self) -> None:
        """Send nothing more."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        connection: db.Connection | None = None
        after_failure = _FIRST_PAUSE_SECONDS
        try:
            while True:
                pause = _AT_MOST_EVERY_SECONDS
                await self._wanted.wait()
                self._wanted.clear()
                try:
                    connection = connection or await db.Connection.connect(self._url, name="api-notify")
                    await self._send(connection)
                    after_failure = _FIRST_PAUSE_SECONDS
                except db.UNAVAILABLE as error:
                    pause, after_failure = after_failure, min(after_failure * 2, _LONGEST_PAUSE_SECONDS)
                    log.warning("wakeup.not_sent", error=db.described(error), again_in_seconds=pause)
                    if connection is not None:
                        await connection.close()
                        connection = None
                    self._wanted.set()  # once more, on another connection
                await asyncio.sleep(pause)
        finally:
            if connection is not None:
                await connection.close()

    async def _send(self, connection: db.Connection) -> None:
        """Send what is wanted; what was not sent is wanted still."""
        is_due, self._is_due = self._is_due, False
        changed, self._changed = self._changed, {}
        try:
            if is_due:
                await connection.raw.execute(NOTIFY.text, timeout=_ANSWER_SECONDS)
                is_due = False
            while changed:
                told = list(islice(changed, _SESSIONS_TOGETHER))
                words = " ".join(session.hex for session in told)
                await connection.raw.execute(NOTIFY_SESSIONS.numbered, words, timeout=_ANSWER_SECONDS)
                for session in told:
                    del changed[session]
        finally:
            self._is_due |= is_due
            self._changed |= changed


async def listen(url: str, wake: Callable[[], None]) -> None:
    """Call `wake` at every wake-up, for ever, and after each connect (`listen_to`)."""
    await listen_to(CHANNEL, url, lambda _: wake(), name="worker-listen")


async def listen_to(channel: str, url: str, heard: Callable[[str], None], *, name: str) -> None:
    """Call `heard` with the words of every notification, for ever; a connection that ended is made again within 5 s.

    One whose other end is gone without a word, as after a failover, is found out within 20 s. `heard` is also called,
    with no words, after each connect, since notifications may have been missed meanwhile.
    """
    pause = _FIRST_PAUSE_SECONDS
    while True:
        try:
            connection = await db.Connection.connect(url, name=name)
        except db.UNAVAILABLE as error:
            log.warning("wakeup.not_listening", error=db.described(error), again_in_seconds=pause)
        else:
            since = time.monotonic()
            why = await _hear(connection, channel, heard)
            if time.monotonic() - since > _LONGEST_PAUSE_SECONDS:  # else it may end at once each time
                pause = _FIRST_PAUSE_SECONDS
            log.warning("wakeup.dropped", error=why, again_in_seconds=pause)
        await asyncio.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)


async def _hear(connection: db.Connection, channel: str, heard: Callable[[str], None]) -> str:
    """Call `heard` at once and at every notification until the connection ends or is answered no more; return why."""
    dropped = asyncio.Event()
    connection.raw.add_termination_listener(lambda *_: dropped.set())
    try:
        async with asyncio.timeout(_ANSWER_SECONDS):
            await connection.raw.add_listener(channel, lambda *heard_of: heard(str(heard_of[-1])))
        heard("")
        while not dropped.is_set():
            try:
                async with asyncio.timeout(_CHECKED_EVERY_SECONDS):
                    await dropped.wait()
            except TimeoutError:
                await connection.raw.execute(f"LISTEN {channel}", timeout=_ANSWER_SECONDS)  # once more changes nothing
    except db.UNAVAILABLE as error:
        return db.described(error)
    finally:
        await connection.close()
    return "ended by the server"
