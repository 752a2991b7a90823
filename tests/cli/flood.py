"""Clients that mean no good: `python flood.py PORT COUNT` keeps so many connections open, and replaces each that ends.

A third of them send nothing, a third half a head, a third a body that drips. It prints `open` once all of them are, and
stops when its standard input ends. It ends at once if a dripping body is refused before its time is up, since it would
then test something else. It is a process of its own, since connections are open files.
"""

import asyncio
import resource
import sys
from contextlib import suppress

_HALF_A_HEAD = b"POST /console/sign-in/ HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Half: "
_HEAD = (
    b"POST /console/sign-in/ HTTP/1.1\r\nHost: 127.0.0.1\r\nSec-Fetch-Site: same-origin\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 4000\r\n\r\n"
)
_TOO_SLOW = b"HTTP/1.1 408 "
_DRIP_SECONDS = 2.0
_AT_ONCE = 200  # connections being opened, so that the kernel's queue of a listening socket is not what is tested


async def keep_open(port: int, number: int, opening: asyncio.Semaphore, opened: asyncio.Event) -> None:
    """Keep one connection open, whatever the server does."""
    while True:
        with suppress(OSError):
            async with opening:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write((b"", _HALF_A_HEAD, _HEAD)[number % 3])
                opened.set()
            try:
                await (drip(reader, writer) if number % 3 == 2 else reader.read())
            finally:
                writer.close()


async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send a byte every few seconds until the server has had enough."""
    end = asyncio.create_task(reader.read())
    while not (await asyncio.wait([end], timeout=_DRIP_SECONDS))[0]:
        writer.write(b"a")
    if (answer := end.result()) and not answer.startswith(_TOO_SLOW):
        sys.exit(f"A dripping body was refused for another reason: {answer[:200]!r}")


async def main(port: int, count: int) -> None:
    """Open them all, say so, and keep them until standard input ends."""
    opening, opened = asyncio.Semaphore(_AT_ONCE), [asyncio.Event() for _ in range(count)]
    tasks = [asyncio.create_task(keep_open(port, number, opening, opened[number])) for number in range(count)]
    for one in opened:
        await one.wait()
    sys.stdout.write("open\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)
    for task in tasks:
        task.cancel()


if __name__ == "__main__":
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    asyncio.run(main(*map(int, sys.argv[1:])))
