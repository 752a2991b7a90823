"""Refused requests: each is counted, and logged, in such a way that a flood causes few lines.

Code that refuses a request says so through `hireloop.access.refusals`, which is the only caller.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum
from uuid import UUID

from hireloop.telemetry import metrics
from hireloop.telemetry.logs import log

_WINDOW_SECONDS = 60.0
_LOOK_AGAIN_SECONDS = 5.0
_MOST_KEYS = 8  # that are named for one door and cause in a window: a guesser can name any number


class Door(StrEnum):
    """Where a request came to, by its path."""

    API = "api"
    BOUNCES = "bounces"  # of the API: where reports of bounced mail arrive
    PORTAL = "portal"  # and whatever is nobody else's
    CONSOLE = "console"
    HEALTH = "health"
    DOCS = "docs"  # of the API, and its OpenAPI document
    MAILBOX = "mailbox"  # the development mailbox


class WhyRefused(StrEnum):
    """Why a request was refused. What is wrong with a request that was let in, such as a bad field, is not here."""

    NO_KEY = "no_key"  # no API key was sent
    BAD_KEY = "bad_key"  # not a key of this installation
    REVOKED_KEY = "revoked_key"  # the key itself, after it was revoked
    EXPIRED_KEY = "expired_key"  # the key itself, after its time
    BAD_COOKIE = "bad_cookie"  # of the console or the mailbox: forged, or its time is up
    WRONG_ROLE = "wrong_role"  # the key's role does not allow it
    CSRF = "csrf"  # a form that no page of ours has sent
    FOREIGN_ORIGIN = "foreign_origin"  # a script of a page that is not in CORS_ORIGINS
    FORGED_LINK = "forged_link"  # a session key that HireLoop did not make, or whose session is gone
    REPLACED_LINK = "replaced_link"  # genuine, but there is a newer one
    ENDED_LINK = "ended_link"  # genuine, but its candidate has been erased
    NO_COOKIE = "no_cookie"  # the address of a session, without the link's cookie
    UNKNOWN_REPORT = "unknown_report"  # of a bounce, which is not believed
    RATE_LIMIT = "rate_limit"  # too many requests
    SLOWED_DOWN = "slowed_down"  # the response to a bad key or link was delayed; counted beside that refusal
    TOO_SLOW = "too_slow"  # the body took too long
    TOO_LARGE = "too_large"  # the body
    ADDRESS_TOO_LONG = "address_too_long"  # path and query
    HEAD_TOO_LARGE = "head_too_large"  # the cookies
    BAD_HOST = "bad_host"  # the Host header
    OTHER = "other"  # 401 or 403 for none of these


class _Minute:
    """What was refused at one door, for one cause, to one key, since the line that began the window."""

    def __init__(self, begin: float) -> None:
        self.begin, self.suppressed = begin, 0


_Kind = tuple[Door, WhyRefused, UUID | None]


class RefusalLog:
    """Counts every refusal, and writes at most two lines a minute for each door, cause and key.

    The first refusal has a line at once. Those within a minute after it share a second line, which says how many they
    are (`suppressed`) and is written when the minute is over or the process stops.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._windows: dict[_Kind, _Minute] = {}
        self._named: Counter[tuple[Door, WhyRefused]] = Counter()
        self._task: asyncio.Task[None] | None = None

    def record(self, door: Door, why: WhyRefused, key: UUID | None = None) -> None:
        """Count a refusal, and write its line unless its window has one; `key` is the id of the API key, if any.

        After eight keys in a window, further ones share the line that names none.
        """
        metrics.REFUSALS.add(1, {"door": door, "why": why})
        now = self._clock()
        kind = (door, why, key)
        if kind not in self._windows and key is not None and self._named[door, why] >= _MOST_KEYS:
            kind = (door, why, None)
        window = self._windows.get(kind)
        if window is not None and now - window.begin < _WINDOW_SECONDS:
            window.suppressed += 1
            return
        if window is not None:
            self._close(kind)
        self._windows[kind] = _Minute(now)
        self._named[door, why] += kind[2] is not None
        _write(kind, suppressed=0)

    def write_due(self) -> None:
        """Write what was suppressed in the windows that are over, and forget them."""
        now = self._clock()
        for kind in [kind for kind, window in self._windows.items() if now - window.begin >= _WINDOW_SECONDS]:
            self._close(kind)

    def write_all(self) -> None:
        """Write everything that was suppressed, as the process stops."""
        for kind in list(self._windows):
            self._close(kind)

    async def start(self) -> None:
        """Begin to write in the background what is due."""
        self._task = asyncio.create_task(self._write_for_ever(), name="refusals")

    async def stop(self) -> None:
        """Write what is left and stop."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        self.write_all()

    async def _write_for_ever(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)
            self.write_due()

    def _close(self, kind: _Kind) -> None:
        window = self._windows.pop(kind)
        self._named[kind[:2]] -= kind[2] is not None
        if window.suppressed:
            _write(kind, suppressed=window.suppressed)


def _write(kind: _Kind, *, suppressed: int) -> None:
    door, why, key = kind
    named = {} if key is None else {"key_id": str(key)}
    log.warning("request.refused", door=door.value, why=why.value, suppressed=suppressed, **named)
