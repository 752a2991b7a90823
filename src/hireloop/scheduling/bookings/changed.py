"""Whose bookings may have changed: said in this process once the change is committed, so that open pages can follow.

It may be said once too often, and those who listen read what is stored.
"""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from uuid import UUID

from hireloop import db

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


def say(session_ids: Collection[UUID]) -> None:
    """Tell those who listen, once the current transaction is committed and never if it is undone."""
    if session_ids:
        db.after_commit(lambda: _tell(session_ids))


def _tell(session_ids: Collection[UUID]) -> None:
    for listener in _listeners:
        listener(session_ids)
