"""Run the benchmark: `python -m bench.booking`. It takes about six minutes and stops by itself."""

import argparse
import asyncio
import time
from contextlib import ExitStack
from pathlib import Path

import msgspec

from bench.booking import load
from bench.booking.load import Load
from bench.booking.peer import UsualWay, usual_way
from bench.collector import collector, spans_received
from bench.crowd import Crowd
from bench.parts import Database, Process, environment, free_port, hireloop, mail_sink, postgres
from bench.replay import FIRST_REPLAYED, Recording, Script, pgbench
from bench.report import Rounds, machine, progress, table, write
from hireloop import db
from hireloop.access import api_keys
from hireloop.access.tables import Role

SLOW_FLUSH_MICROSECONDS = 5_000
CLIENTS = (8, 32)
_SPAN_NAMES = ("/book_slot", "schedule.book", "delivery.put")
_BACKLOG_SECONDS = 120

ONE, BOTH = "pgbench, the one writing statement", "pgbench, the whole booking"
HTTP, HTTP_P99 = "HireLoop over HTTP", "HireLoop over HTTP, p99 in ms"
PROCESSOR = "HireLoop over HTTP, its processor time a booking in ms"
ACCEPTED = "HireLoop, until every invitation was accepted"
USUAL, USUAL_P99 = "the usual way, as startproject leaves it", "the usual way, p99 in ms"
TUNED = "the usual way, tuned"


class Options(msgspec.Struct, frozen=True):
    """What one may ask for on the command line."""

    rounds: int
    seconds: float
    serve_workers: int
    folder: Path | None
    out: Path | None


class Scene(msgspec.Struct, frozen=True):
    """Everything that is measured, running."""

    database: Database
    people: Crowd
    scripts: tuple[Script, Script]
    server: str
    serving: Process
    authorization: str
    collector: str
    usual: UsualWay
    tuned: UsualWay
    worker_env: dict[str, str]
    options: Options


def main() -> None:
    """Measure, print the tables, and write everything to a file."""
    options = _options()
    with ExitStack() as stack:
        scene = _scene(stack, options)
        about = machine(scene.database.folder)
        rounds = {
            f"{flush}, {clients} clients": Rounds()
            for flush in ("as the disk is", f"flush slowed by {SLOW_FLUSH_MICROSECONDS / 1000:g} ms")
            for clients in CLIENTS
        }
        for number in range(options.rounds):
            for index, (name, noted) in enumerate(rounds.items()):
                scene.database.slow_flush(SLOW_FLUSH_MICROSECONDS * (index // len(CLIENTS)))
                progress(f"round {number + 1} of {options.rounds}: {name}")
                _measure(scene, noted, CLIENTS[index % len(CLIENTS)])
        traced = _traced(scene)
    results = {name: noted.figures() for name, noted in rounds.items()}
    for name, figures in results.items():
        print(table(f"Bookings/s, {name}", figures), end="\n\n")
    print(f"Spans received for each booking over HTTP: {traced:.2f} of {len(_SPAN_NAMES)}")
    path = write(
        "booking", {"machine": about, "options": options, "spans_a_booking": traced, "results": results}, options.out
    )
    print(f"Written to {path}")


def _options() -> Options:
    parser = argparse.ArgumentParser(prog="python -m bench.booking", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4, help="of each run over HTTP")
    parser.add_argument("--serve-workers", type=int, default=2, help="processes of `hireloop serve`")
    parser.add_argument("--folder", type=Path, help="where the database lies; the temporary directory by default")
    parser.add_argument("--out", type=Path, help="where the figures are written as JSON")
    return msgspec.convert(vars(parser.parse_args()), Options)


def _scene(stack: ExitStack, options: Options) -> Scene:
    progress("starting PostgreSQL, smtp-sink, hireloop serve and the usual way")
    database = stack.enter_context(postgres(options.folder))
    mail_port, spans = stack.enter_context(mail_sink()), stack.enter_context(collector())
    people = Crowd(database)
    recording = Recording(database, people)
    scripts = recording.script(database.folder, whole=False), recording.script(database.folder, whole=True)
    env = environment(database, OTEL_EXPORTER_OTLP_ENDPOINT=spans, EMAIL_HOST="127.0.0.1", EMAIL_PORT=str(mail_port))
    port = free_port()
    serve = ("serve", "--port", str(port), "--workers", str(options.serve_workers))
    serving = stack.enter_context(hireloop(*serve, env=env)).wait_for_port(port)
    usual, tuned = (stack.enter_context(usual_way(database, mail_port, tuned=which)) for which in (False, True))
    key = asyncio.run(_key(database))
    scene = Scene(
        database,
        people,
        scripts,
        f"http://127.0.0.1:{port}",
        serving,
        f"Bearer {key}",
        spans,
        usual,
        tuned,
        env,
        options,
    )
    _warm_up(scene)
    return scene


async def _key(database: Database) -> str:
    async with db.opened(database.url, pool_size=1):
        return (await api_keys.create("bench", Role.RECRUITER))[1]


def _warm_up(scene: Scene) -> None:
    """Let both servers load what they need, and the planner see tables of some size."""
    progress("warming up")
    _over_http(scene, clients=8)
    for usual in (scene.usual, scene.tuned):
        _the_usual_way(scene, usual, clients=8)
        usual.database.analyze()
    scene.database.analyze()


def _measure(scene: Scene, noted: Rounds, clients: int) -> None:
    """Measure everything once, one after the other."""
    one, both = (
        pgbench(scene.database, script, scene.people, clients=clients, bookings=8_000) for script in scene.scripts
    )
    noted.add(ONE, one)
    noted.add(BOTH, both)
    before = scene.serving.processor_seconds()
    http = _over_http(scene, clients=clients)
    noted.add(PROCESSOR, (scene.serving.processor_seconds() - before) / http.completed * 1000)
    noted.add(HTTP, http.a_second)
    noted.add(HTTP_P99, http.p99_milliseconds)
    noted.add(ACCEPTED, _until_accepted(scene, clients=clients))
    usual = _the_usual_way(scene, scene.usual, clients=clients)
    noted.add(USUAL, usual.a_second)
    noted.add(USUAL_P99, usual.p99_milliseconds)
    noted.add(TUNED, _the_usual_way(scene, scene.tuned, clients=clients).a_second)
    noted.ratio("HTTP / pgbench, the one statement (aim: 0.40)", HTTP, ONE)
    noted.ratio("HTTP / pgbench, the whole booking", HTTP, BOTH)
    noted.ratio("HTTP / the usual way (aim: 10)", HTTP, USUAL)
    noted.ratio("HTTP / the usual way, tuned", HTTP, TUNED)
    noted.ratio("until accepted / the usual way", ACCEPTED, USUAL)


def _over_http(scene: Scene, *, clients: int) -> Load:
    seconds = scene.options.seconds
    numbers = scene.people.more(int(seconds * 3_000))
    before = _schedules(scene)
    done = load.book(scene.server, scene.authorization, numbers, clients=clients, seconds=seconds)
    booked = _schedules(scene) - before
    if not done.completed <= booked <= done.completed + clients:
        raise SystemExit(f"{done.completed} bookings were answered, and {booked} stand in the database.")
    return done


def _schedules(scene: Scene) -> int:
    found: int = scene.database.fetch("SELECT count(*) AS n FROM schedule")[0]["n"]
    return found


def _until_accepted(scene: Scene, *, clients: int) -> float:
    """Book with a worker beside, and count to the moment when the mail server had the last invitation."""
    scene.database.fetch("UPDATE delivery SET state = 'superseded' WHERE state = 'pending'")  # of what was before
    began = scene.database.fetch("SELECT now() AS now")[0]["now"]
    with hireloop("work", env=scene.worker_env) as worker:
        worker.wait_for_log("worker.started")
        _over_http(scene, clients=clients)
        until = time.monotonic() + _BACKLOG_SECONDS
        while scene.database.fetch("SELECT 1 FROM delivery WHERE state = 'pending' LIMIT 1"):
            if time.monotonic() > until:
                raise SystemExit("The worker did not catch up.")
            time.sleep(0.1)
    row = scene.database.fetch(
        "SELECT count(*) AS sent, extract(epoch FROM max(sent_at) - min(created_at))::float AS seconds "
        "FROM delivery WHERE state = 'sent' AND created_at > $1",
        began,
    )[0]
    return float(row["sent"]) / float(row["seconds"])


def _the_usual_way(scene: Scene, usual: UsualWay, *, clients: int) -> Load:
    seconds = scene.options.seconds
    numbers = usual.more(scene.people.more(int(seconds * 1_000)))
    return load.book(usual.url, usual.authorization, numbers, clients=clients, seconds=seconds)


def _traced(scene: Scene) -> float:
    """Return how many of its spans have come for each booking that was made over HTTP."""
    time.sleep(5)  # the exporters' last batches
    spans = sum(count for name, count in spans_received(scene.collector).items() if name.endswith(_SPAN_NAMES))
    booked: int = scene.database.fetch("SELECT count(*) AS n FROM schedule WHERE id < $1", FIRST_REPLAYED)[0]["n"]
    return spans / (booked - 1)  # without the one that was recorded


if __name__ == "__main__":
    main()
