"""A real OpenTelemetry collector (rotel) in its own process, which forwards what it receives to the test."""

import subprocess
import tempfile
import time
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from socket import create_connection
from typing import Self

import pytest

from hireloop.local.traces.otlp import ReceivedSpan
from hireloop.local.traces.spans import SpanReceiver
from hireloop.local.traces.trace_tree import what_is_missing
from processes import free_port


class Collector:
    """Receives OTLP over HTTP and gRPC, and hands every trace on; ends with the block."""

    def __enter__(self) -> Self:
        if find_spec("rotel") is None:
            pytest.skip("rotel, the collector of the tests, has no wheel for this Python")
        self._receiver = SpanReceiver()
        forward_to = self._receiver.start()
        http, grpc = free_port(), free_port()
        self.http, self.grpc = f"http://127.0.0.1:{http}", f"http://127.0.0.1:{grpc}"
        descriptor, log = tempfile.mkstemp(prefix="collector-", suffix=".log")
        self._log = Path(log)
        self._process = subprocess.Popen(
            [
                str(files("rotel") / "rotel-agent"),
                "start",
                *("--otlp-http-endpoint", f"127.0.0.1:{http}"),
                *("--otlp-grpc-endpoint", f"127.0.0.1:{grpc}"),
                *("--exporter", "otlp", "--otlp-exporter-endpoint", forward_to, "--otlp-exporter-protocol", "grpc"),
                *("--batch-timeout", "100ms"),
            ],
            stdin=subprocess.DEVNULL,
            stdout=descriptor,
            stderr=descriptor,
        )
        try:
            for port in (http, grpc):
                _wait_for(port)
        except OSError:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(10)
        self._receiver.stop()
        self._log.unlink()

    def whole_trace(self, trace_id: str, seconds: float = 60) -> list[ReceivedSpan]:
        """Return the trace once it reaches from the booking to the SMTP reply, or as far as it came."""
        return self._receiver.wait_for(trace_id, lambda spans: not what_is_missing(spans), timeout=seconds)

    def received(self) -> list[ReceivedSpan]:
        """Return every span that came, whatever its trace."""
        return self._receiver.received()

    def trace(self, trace_id: str, *, spans: int, seconds: float = 60) -> list[ReceivedSpan]:
        """Return the trace once it has that many spans, or as far as it came."""
        return self._receiver.wait_for(trace_id, lambda found: len(found) >= spans, timeout=seconds)


def _wait_for(port: int, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while True:
        try:
            create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            return
