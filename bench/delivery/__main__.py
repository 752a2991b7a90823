"""Run the benchmark: `python -m bench.delivery`. It takes about ten minutes and stops by itself."""

import argparse
import asyncio
import time
from contextlib import ExitStack
from pathlib import Path

import msgspec

from bench.collector import collector, spans_received
from bench.crowd import Crowd
from bench.delivery import latency
from bench.delivery.peers import Peers
from bench.parts import Database, environment, hireloop, http_sink, mail_sink, postgres
from bench.replay import Recording, Script, pgbench
from bench.report import Rounds, machine, progress, table, write
from hireloop import db
from hireloop.notify.deliveries import ledger

_PATIENCE_SECONDS = 600
_SPAN_NAMES = ("delivery.attempt", "smtp.send", "chat.post", "webhook.post")
_SPANS_A_MESSAGE = 2
HIRELOOP, FOUR, THREE = "HireLoop, one worker process", "four worker processes", "one, over three channels, messages"
POST_OFFICE, SMTPLIB, APPRISE = "django-post-office", "smtplib, kept connection", "stock Apprise"
_FAN_OUT = {
    "CHAT_URLS": "json://{http}/chat",
    "WEBHOOK_URLS": "http://{http}/hook",
    "WEBHOOK_ALLOW_PRIVATE": "true",
    "WEBHOOK_SECRET": "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
}


class Options(msgspec.Struct, frozen=True):
    """What one may ask for on the command line."""

    rounds: int
    invitations: int
    concurrency: int
    rate: float
    seconds: float
    folder: Path | None
    out: Path | None


def main() -> None:
    """Measure, print the table, and write everything to a file."""
    options = _options()
    noted = Rounds()
    with ExitStack() as stack:
        progress("starting PostgreSQL, smtp-sink and a receiver of traces")
        database = stack.enter_context(postgres(options.folder))
        port, spans = stack.enter_context(mail_sink()), stack.enter_context(collector())
        http = stack.enter_context(http_sink())
        about = machine(database.folder)
        mail = {"OTEL_EXPORTER_OTLP_ENDPOINT": spans, "EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": str(port)}
        env = environment(database, **mail)
        sends_all = env | {name: value.format(http=http) for name, value in _FAN_OUT.items()}
        people = Crowd(database)
        script = Recording(database, people).script(database.folder, whole=False)
        three_channels = database.settings_with(
            **{name: value for name, value in sends_all.items() if name in _FAN_OUT}
        )
        fan = Recording(database, people, three_channels).script(database.folder / "fan", whole=False)
        peers = Peers(database, port)
        for number in range(options.rounds):
            progress(f"round {number + 1} of {options.rounds}: {options.invitations} invitations, and the peers")
            _put(database, people, script, options.invitations)
            noted.add(HIRELOOP, _drain(database, noted, sends_all, options.concurrency))
            _put(database, people, script, options.invitations)
            noted.add(FOUR, _drain(database, Rounds(), sends_all, options.concurrency, workers=4))
            _put(database, people, fan, options.invitations // 3)
            noted.add(THREE, _drain(database, Rounds(), sends_all, options.concurrency))
            noted.add(POST_OFFICE, peers.post_office(max(200, options.invitations // 10)))
            noted.add(SMTPLIB, peers.smtplib_kept(options.invitations // 4))
            noted.add(APPRISE, peers.stock_apprise(max(20, options.invitations // 100)))
            noted.ratio("HireLoop / django-post-office (aim: 5)", HIRELOOP, POST_OFFICE)
            noted.ratio("HireLoop / stock Apprise (aim: 20)", HIRELOOP, APPRISE)
            noted.ratio("HireLoop / smtplib", HIRELOOP, SMTPLIB)
            noted.ratio("four workers / one", FOUR, HIRELOOP)
        progress(f"booking at {options.rate:g}/s for {options.seconds:g} s")
        traced = _traced(database, spans)
        latency.measure(database, people, noted, env, rate=options.rate, seconds=options.seconds)
        unaccounted = _unaccounted(database)
    print(table(f"Invitations/s, {peers.size} bytes each (aim: 1,000)", noted.figures()), end="\n\n")
    print(f"Spans received for each message: {traced:.2f} of {_SPANS_A_MESSAGE}")
    print(f"Unaccounted in the ledger: {unaccounted}")
    results = {"machine": about, "options": options, "results": noted.figures(), "spans_an_invitation": traced}
    print(f"Written to {write('delivery', results | {'unaccounted': unaccounted}, options.out)}")


def _options() -> Options:
    parser = argparse.ArgumentParser(prog="python -m bench.delivery", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--invitations", type=int, default=10_000, help="due rows a round")
    parser.add_argument("--concurrency", type=int, default=8, help="of the worker; 8 is what HireLoop starts with")
    parser.add_argument("--rate", type=float, default=20, help="bookings a second for the latency")
    parser.add_argument("--seconds", type=float, default=30, help="how long to book at that rate")
    parser.add_argument("--folder", type=Path, help="where the database lies; the temporary directory by default")
    parser.add_argument("--out", type=Path, help="where the figures are written as JSON")
    return msgspec.convert(vars(parser.parse_args()), Options)


def _put(database: Database, people: Crowd, script: Script, invitations: int) -> None:
    """Make due rows the way they come about: by bookings."""
    pgbench(database, script, people, clients=8, bookings=invitations)
    database.analyze()
    database.settle_down()


def _drain(database: Database, noted: Rounds, env: dict[str, str], concurrency: int, *, workers: int = 1) -> float:
    """Let worker processes send all that is due; return how many a second, from first lease to last settled."""
    due = database.fetch("SELECT count(*) AS n FROM delivery WHERE state = 'pending'")[0]["n"]
    began = database.fetch("SELECT now() AS now")[0]["now"]
    with ExitStack() as stack:
        crew = [
            stack.enter_context(hireloop("work", "--concurrency", str(concurrency), env=env)) for _ in range(workers)
        ]
        for worker in crew:
            worker.wait_for_log("worker.started")
        noted.add("worker's memory at the start in MB", crew[0].resident_megabytes())
        until = time.monotonic() + _PATIENCE_SECONDS
        while database.fetch("SELECT 1 FROM delivery WHERE state = 'pending' LIMIT 1"):
            if time.monotonic() > until:
                raise SystemExit(crew[0].log.read_text(errors="replace"))
            time.sleep(0.2)
        noted.add("worker's memory at the end in MB", crew[0].resident_megabytes())
        noted.add("worker's processor time an invitation in ms", crew[0].processor_seconds() / due * 1000)
    row = database.fetch(
        "SELECT count(*) AS tries, count(*) FILTER (WHERE outcome = 'sent') AS sent, "
        "extract(epoch FROM max(finished_at) - min(started_at))::float AS seconds FROM attempt WHERE started_at > $1",
        began,
    )[0]
    if (row["tries"], row["sent"]) != (due, due):
        raise SystemExit(f"{due} messages were due; {row['tries']} tries were made, and {row['sent']} accepted.")
    return float(row["sent"]) / float(row["seconds"])


def _traced(database: Database, address: str) -> float:
    """Return how many of its spans have come for each invitation; the workers flushed theirs when they stopped."""
    spans = sum(count for name, count in spans_received(address).items() if name in _SPAN_NAMES)
    sent: int = database.fetch("SELECT count(*) AS n FROM delivery WHERE state = 'sent'")[0]["n"]
    return spans / sent


def _unaccounted(database: Database) -> int:
    async def read() -> int:
        async with db.opened(database.url, pool_size=1):
            return (await ledger.read()).unaccounted

    return asyncio.run(read())


if __name__ == "__main__":
    main()
