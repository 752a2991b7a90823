"""Looking a server's name up within a deadline, which the system's resolver does not know of.

`getaddrinfo` cannot be given up: it runs in a thread of its own, and a caller out of time leaves it behind. All who
ask for one name meanwhile share that thread, so that a resolver which hangs collects one thread a name and no more.
"""

import socket
import threading
from concurrent.futures import Future
from typing import NamedTuple

THREADS = "look-up of "


class ResolvedAddress(NamedTuple):
    """One address of a name, as a socket takes it."""

    family: socket.AddressFamily
    where: tuple[str | int | bytes, ...]


_under_way: dict[tuple[str, int], "Future[list[ResolvedAddress]]"] = {}
_lock = threading.Lock()


def look_up(host: str, port: int, *, seconds: float) -> list[ResolvedAddress]:
    """Return the TCP addresses of a host, at least one; raises TimeoutError, or socket.gaierror if it has none."""
    try:
        return _resolve(host, port, socket.AI_NUMERICHOST)
    except socket.gaierror:
        pass  # a name, and no address
    with _lock:
        pending = _under_way.get((host, port))
        if pending is None:
            pending = _under_way[host, port] = Future()
            threading.Thread(target=_look_up, args=(host, port, pending), name=THREADS + host, daemon=True).start()
    try:
        return pending.result(seconds)
    except TimeoutError:
        raise TimeoutError("The server's host name could not be resolved in time.") from None


def _look_up(host: str, port: int, pending: "Future[list[ResolvedAddress]]") -> None:
    try:
        found = _resolve(host, port, 0)
    except Exception as error:  # noqa: BLE001 (handed on to the callers)
        _forget(host, port)
        pending.set_exception(error)
    else:
        _forget(host, port)
        pending.set_result(found)


def _forget(host: str, port: int) -> None:
    with _lock:
        del _under_way[host, port]


def _resolve(host: str, port: int, flags: int) -> list[ResolvedAddress]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)
    except UnicodeError as error:  # a label of the name is empty or too long
        raise socket.gaierror(socket.EAI_NONAME, str(error)) from None
    return [ResolvedAddress(family, where) for family, _, _, _, where in found]
