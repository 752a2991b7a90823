"""LISTEN and NOTIFY between processes. They save time; reading again is what is relied on.

NOTIFY inside a transaction would serialise every commit, so it goes out after the commit, on a connection of its own,
at most once in 5 ms a process (docs/decisions/0008).
"""

import asyncio
import time
from collections.abc import Callable, Collection
from itertools import islice

from hireloop.db.failures import UNAVAILABLE, described
from hireloop.db.pools import Connection
from hireloop.telemetry.logs import log

# Tells those who LISTEN on a channel these words, which are our own, and so nothing needs to be prepared.
_NOTIFY = "NOTIFY {channel}, '{words}'"
_WORDS_TOGETHER = 200  # of at most 33 bytes, as ids are: a notification has room for 7,999
_MOST_WORDS = 10_000  # of a channel, that wait: without a database nobody could read what has changed either
_AT_MOST_EVERY_SECONDS = 0.005
_LAST_SECONDS = 1.0  # for what is still wanted when the process stops
_ANSWER_SECONDS = 5.0  # a server that does not answer for so long is taken for gone
_CHECKED_EVERY_SECONDS = 15.0  # one that LISTENs hears nothing when its server's machine is gone
_FIRST_PAUSE_SECONDS = 0.05  # after a failure; each further one doubles it
_LONGEST_PAUSE_SECONDS = 5.0


class NotificationSender:
    """Sends the first NOTIFY at once and then at most one in 5 ms, and nothing that it does can fail its caller.

    Words for the same channel are sent together, each once. It connects when there is something to send.
    """

    def __init__(self, url: str, *, name: str = "api-notify") -> None:
        self._url, self._name = url, name
        self._wanted = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._is_stopping = False
        self._due: dict[str, dict[str, None]] = {}  # for each channel the words, in the order in which they came

    def notify_soon(self, channel: str, words: Collection[str] = ()) -> None:
        """Ask for a NOTIFY with these words soon; returns at once."""
        due = self._due.setdefault(channel, {})
        due.update(dict.fromkeys(islice(words, _MOST_WORDS - len(due))))
        self._wanted.set()

    async def start(self) -> None:
        """Begin to send, in the background."""
        self._task = asyncio.create_task(self._run(), name="notifications")

    async def stop(self) -> None:
        """Send what is still wanted, unless that takes longer than a second, and then nothing more."""
        if self._task is not None:
            self._is_stopping = True
            self._wanted.set()
            await asyncio.wait([self._task], timeout=_LAST_SECONDS)
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _run(self) -> None:
        connection: Connection | None = None
        after_failure = _FIRST_PAUSE_SECONDS
        try:
            while self._due or not self._is_stopping:
                pause = _AT_MOST_EVERY_SECONDS
                await self._wanted.wait()
                self._wanted.clear()
                if not self._due:  # it stops
                    continue
                try:
                    connection = connection or await Connection.connect(self._url, name=self._name)
                    await self._send(connection)
                    after_failure = _FIRST_PAUSE_SECONDS
                except Exception as error:  # noqa: BLE001 (whatever it is, the caller has committed)
                    pause, after_failure = after_failure, min(after_failure * 2, _LONGEST_PAUSE_SECONDS)
                    log.warning("wakeup.not_sent", error=described(error), again_in_seconds=pause)
                    if connection is not None:
                        await connection.close()
                        connection = None
                    self._wanted.set()  # once more, on another connection
                await asyncio.sleep(pause)
        finally:
            if connection is not None:
                await connection.close()

    async def _send(self, connection: Connection) -> None:
        """Send what is wanted; what was not sent is wanted still."""
        due, self._due = self._due, {}
        try:
            for channel in [*due]:
                words = due[channel]
                while True:
                    told = [*islice(words, _WORDS_TOGETHER)]
                    notify = _NOTIFY.format(channel=channel, words=" ".join(told).replace("'", "''"))
                    await connection.raw.execute(notify, timeout=_ANSWER_SECONDS)
                    for word in told:
                        del words[word]
                    if not words:
                        break
                del due[channel]
        finally:
            for channel, words in due.items():
                self.notify_soon(channel, words)


async def listen_to(channel: str, url: str, heard: Callable[[str], None], *, name: str) -> None:
    """Call `heard` with the words of every notification, for ever; a connection that ended is made again within 5 s.

    One whose other end is gone without a word, as after a failover, is found out within 20 s. `heard` is also called,
    with no words, after each connect, since notifications may have been missed meanwhile.
    """
    pause = _FIRST_PAUSE_SECONDS
    while True:
        try:
            connection = await Connection.connect(url, name=name)
        except UNAVAILABLE as error:
            log.warning("wakeup.not_listening", error=described(error), again_in_seconds=pause)
        else:
            since = time.monotonic()
            why = await _hear(connection, channel, heard)
            if time.monotonic() - since > _LONGEST_PAUSE_SECONDS:  # else it may end at once each time
                pause = _FIRST_PAUSE_SECONDS
            log.warning("wakeup.dropped", error=why, again_in_seconds=pause)
        await asyncio.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)


async def _hear(connection: Connection, channel: str, heard: Callable[[str], None]) -> str:
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
    except UNAVAILABLE as error:
        return described(error)
    finally:
        await connection.close()
    return "ended by the server"
