"""Whose bookings may have changed: announced once the change is committed, so that open pages can follow.

A change may be announced once too often, and those who listen read what is stored. Other processes hear of it by a
NOTIFY (docs/decisions/0072).
"""

from collections.abc import AsyncIterator, Callable, Collection, Iterator
from contextlib import asynccontextmanager, contextmanager
from uuid import UUID

from hireloop import db
from hireloop.db.notifications import NotificationSender

CHANNEL = "hireloop_session"
Listener = Callable[[Collection[UUID]], None]
_listeners: list[Listener] = []


@contextmanager
def heard_by(*listeners: Listener) -> Iterator[None]:
    """Call these with the ids of the sessions of each committed change, for the length of a block."""
    _listeners.extend(listeners)
    try:
        yield
    finally:
        for listener in listeners:
            _listeners.remove(listener)


def to_others(sender: NotificationSender) -> Listener:
    """Return a listener that has this sender name the sessions to other processes."""
    return lambda session_ids: sender.notify_soon(CHANNEL, [session.hex for session in session_ids])


@asynccontextmanager
async def heard_by_others(url: str, *, name: str) -> AsyncIterator[None]:
    """Name the sessions of each committed change to other processes, for the length of a block."""
    sender = NotificationSender(url, name=name)
    await sender.start()
    try:
        with heard_by(to_others(sender)):
            yield
    finally:
        await sender.stop()


def announce(session_ids: Collection[UUID]) -> None:
    """Tell those who listen, once the current transaction is committed and never if it is undone."""
    if session_ids:
        db.after_commit(lambda: _tell(session_ids))


def _tell(session_ids: Collection[UUID]) -> None:
    for listener in _listeners:
        listener(session_ids)
