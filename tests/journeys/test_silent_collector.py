"""A collector that accepts connections and says nothing: work goes on, and a stop takes one budget for everything."""

import time
from socket import create_server

from processes import WorkerProcess, environment


def test_an_idle_worker_stops_within_the_grace(database_url: str) -> None:
    with create_server(("127.0.0.1", 0)) as silent:
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        env = environment(database_url, EMAIL_HOST="127.0.0.1", EMAIL_PORT="9", OTEL_EXPORTER_OTLP_ENDPOINT=endpoint)
        with WorkerProcess(env) as worker:
            began = time.monotonic()
            assert worker.stop() == 0
            # It takes 5 s on a quiet machine, and took 30 s when each signal had its own budget.
            assert time.monotonic() - began < 20
