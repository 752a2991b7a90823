"""A receiver of traces that costs next to nothing while it receives: it keeps each export and reads it afterwards.

Run as a process of its own: `python -m bench.collector PORT`. `GET /` answers how many spans came, by name.
"""

import asyncio
import json
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.request import urlopen

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from bench.parts import Process, free_port


class Collector:
    """Answers 200 to every export; the spans are counted when somebody asks."""

    def __init__(self) -> None:
        self._exports: list[bytes] = []
        self._counts: Counter[str] = Counter()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection to its end."""
        try:
            while request := await reader.readuntil(b"\r\n\r\n"):
                line, *headers = request.decode("latin-1").lower().split("\r\n")
                length = next((int(h.partition(":")[2]) for h in headers if h.startswith("content-length")), 0)
                body = await reader.readexactly(length)
                answer = b""
                if line.startswith("get"):
                    answer = self._count()
                elif "/v1/traces" in line:
                    self._exports.append(body)
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(answer), answer))
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def _count(self) -> bytes:
        exports, self._exports = self._exports, []
        for export in exports:
            for resource in ExportTraceServiceRequest.FromString(export).resource_spans:
                self._counts.update(span.name for scope in resource.scope_spans for span in scope.spans)
        return json.dumps(self._counts).encode()


@contextmanager
def collector() -> Iterator[str]:
    """Run a receiver of traces; yields its address."""
    port = free_port()
    with Process([sys.executable, "-m", "bench.collector", str(port)]) as process:
        process.wait_for_port(port)
        yield f"http://127.0.0.1:{port}"


def spans_received(address: str) -> dict[str, int]:
    """Return how many spans have come, by name."""
    with urlopen(address, timeout=60) as answer:  # noqa: S310 (our own process, on loopback)
        counts: dict[str, int] = json.load(answer)
        return counts


async def _main(port: int) -> None:
    server = await asyncio.start_server(Collector().serve, "127.0.0.1", port, limit=2**16)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1])))
