"""Run the benchmark: `python -m bench.api`. It takes about half an hour, most of it for a million bookings."""

import argparse
import asyncio
import re
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import httpx
import msgspec

from bench.api import plans, sweeps
from bench.api.past import HistoryEntry, fill
from bench.api.questions import Question, questions
from bench.booking import load
from bench.booking.load import Load
from bench.crowd import Crowd
from bench.parts import Database, environment, free_port, hireloop, installed, migrated, postgres
from bench.report import Figure, Rounds, machine, progress, table, write
from hireloop import db
from hireloop.access import api_keys
from hireloop.access.tables import Role

CLIENTS = 4
_SCRIPT = Path(__file__).with_name("read.lua")
_BOOKING = "booking"
_AIM = 1.2


class Options(msgspec.Struct, frozen=True):
    """What one may ask for on the command line."""

    sizes: tuple[int, int]
    rounds: int
    seconds: int
    only: str
    folder: Path | None
    out: Path | None


class Installation(msgspec.Struct, frozen=True):
    """HireLoop with a number of bookings behind it, serving."""

    database: Database
    people: Crowd
    url: str
    authorization: str
    asked: list[Question]


def main() -> None:
    """Measure, print the tables, and write everything to a file."""
    options = _options()
    installed("wrk", "wrk")  # said now, and not after a million bookings
    noted: dict[str, Rounds] = {}
    with ExitStack() as stack:
        progress("starting PostgreSQL")
        server = stack.enter_context(postgres(options.folder))
        about = machine(server.folder)
        small, large = (_installation(stack, server, size, options) for size in options.sizes)
        explained = {
            str(size): plans.explain(one.database, one.asked)
            for size, one in zip(options.sizes, (small, large), strict=True)
        }
        for number in range(options.rounds):
            progress(f"round {number + 1} of {options.rounds}")
            _round(small, large, noted, options)
        progress("booking")  # at last: until now there were as many bookings as it says
        for _ in range(options.rounds):
            _note(noted.setdefault(_BOOKING, Rounds()), _book(small, options.seconds), _book(large, options.seconds))
    results = {name: rounds.figures() for name, rounds in noted.items()}
    print(_summary(results, options), end="\n\n")
    print(_in_postgresql(explained), end="\n\n")
    for name, figures in results.items():
        print(table(name, figures), end="\n\n")
    path = write("api", {"machine": about, "options": options, "results": results, "plans": explained}, options.out)
    print(f"Written to {path}, with the plan of every statement")


def _options() -> Options:
    parser = argparse.ArgumentParser(prog="python -m bench.api", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs=2, default=(1_000, 1_000_000), help="bookings that there are")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=1, help="of each question at each size")
    parser.add_argument("--only", default="", help="a pattern of the questions to ask")
    parser.add_argument("--folder", type=Path, help="where the databases lie; the temporary directory by default")
    parser.add_argument("--out", type=Path, help="where figures and plans are written as JSON")
    return msgspec.convert(vars(parser.parse_args()), Options)


def _installation(stack: ExitStack, server: Database, size: int, options: Options) -> Installation:
    progress(f"booking {size:,}")
    database = migrated(Database(server.beside(f"with_{size}"), server.folder))
    return _serving(stack, database, fill(database, size), options)


def _serving(stack: ExitStack, database: Database, past: HistoryEntry, options: Options) -> Installation:
    people = Crowd(database)
    port = free_port()
    serving = hireloop("serve", "--port", str(port), env=environment(database))
    stack.enter_context(serving).wait_for_port(port)
    asked = [one for one in questions(database, past) if re.search(options.only, one.name)]
    return Installation(database, people, f"http://127.0.0.1:{port}", f"Bearer {asyncio.run(_key(database))}", asked)


async def _key(database: Database) -> str:
    async with db.opened(database.url, pool_size=1):
        return (await api_keys.create("bench", Role.RECRUITER))[1]


def _round(small: Installation, large: Installation, noted: dict[str, Rounds], options: Options) -> None:
    """Ask everything once of both, one right after the other: what else the machine does meets both."""
    for at_small, at_large in zip(small.asked, large.asked, strict=True):
        rounds = noted.setdefault(at_small.name, Rounds())
        rounds.add("small, items", _items(small, at_small.path))
        rounds.add("large, items", _items(large, at_large.path))
        _note(rounds, _ask(small, at_small.path, options.seconds), _ask(large, at_large.path, options.seconds))
    swept = [sweeps.measure(one.database) for one in (small, large)]
    for name in swept[0]:
        rounds = noted.setdefault(name, Rounds())
        for size, took in zip(("small", "large"), swept, strict=True):
            rounds.add(f"{size}, ms", took[name])
        rounds.ratio("large / small", "large, ms", "small, ms")


def _note(rounds: Rounds, small: Load, large: Load) -> None:
    for size, asked in (("small", small), ("large", large)):
        rounds.add(f"{size}, answers/s", asked.a_second)
        rounds.add(f"{size}, p50 in ms", asked.p50 / 1000)
        rounds.add(f"{size}, p99 in ms", asked.p99_milliseconds)
    rounds.ratio("large / small, p50", "large, p50 in ms", "small, p50 in ms")
    rounds.ratio("large / small, p99", "large, p99 in ms", "small, p99 in ms")


def _items(one: Installation, path: str) -> int:
    """Return how many rows an answer holds, as only pages of the same length can be compared."""
    answer = httpx.get(f"{one.url}{path}", headers={"Authorization": one.authorization}, timeout=60).json()
    return len(answer.get("items", [answer]))


def _ask(one: Installation, path: str, seconds: int) -> Load:
    """Ask one question again and again; ends the benchmark where the answer is no list."""
    command = [installed("wrk", "wrk"), "-t1", f"-c{CLIENTS}", f"-d{seconds}s", "--timeout", "60s"]
    command += ["-s", str(_SCRIPT), f"{one.url}{path}", "--", one.authorization]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"wrk failed:\n{done.stdout}{done.stderr}")
    asked = msgspec.json.decode(done.stdout.splitlines()[-1], type=Load)
    if asked.refused or asked.broken or not asked.completed:
        raise SystemExit(f"{path}: {asked.refused} answers were refusals, {asked.broken} broke.")
    return asked


def _book(one: Installation, seconds: int) -> Load:
    numbers = one.people.more(seconds * 3_000)
    return load.book(one.url, one.authorization, numbers, clients=CLIENTS, seconds=seconds)


def _summary(results: Mapping[str, Mapping[str, Figure]], options: Options) -> str:
    """Return a line a question: the medians at both sizes, and their ratio, marked where it misses the aim."""
    small, large = options.sizes
    lines = [f"Milliseconds to an answer, p50, at {small:,} and at {large:,} bookings, their ratio (aim: {_AIM}), rows"]
    for name, figures in results.items():
        kind = ", p50 in ms" if "small, p50 in ms" in figures else ", ms"
        ratio = figures["large / small, p50" if kind == ", p50 in ms" else "large / small"].median
        times = "  ".join(f"{figures[size + kind].median:9.2f}" for size in ("small", "large"))
        rows = [f"{figures[f'{size}, items'].median:.0f}" for size in ("small", "large") if f"{size}, items" in figures]
        held = f"{' and '.join(dict.fromkeys(rows))} rows" if rows else ""
        lines.append(f"  {name:<45}  {times}  {ratio:6.2f}{' *' if ratio > _AIM else '  '}  {held}".rstrip())
    return "\n".join(lines)


def _in_postgresql(explained: Mapping[str, Mapping[str, Sequence[plans.Plan]]]) -> str:
    """Return a line a question: what its statements took and read at each size, which no other process disturbs."""
    lines = ["Milliseconds in PostgreSQL, and pages read, at each size"]
    small, large = explained.values()
    for name in small:
        took = [
            f"{sum(one.milliseconds for one in of[name]):9.2f} {sum(one.pages for one in of[name]):7,}"
            for of in (small, large)
        ]
        lines.append(f"  {name:<45}  {'  '.join(took)}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
