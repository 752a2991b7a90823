"""`make chaos`: an installation under bookings and random kills, and the proof afterwards that nothing is lost.

Exit code 0 if nothing is violated, else 1: then the folder with all logs, the mail and the database is kept.
"""

import argparse
import asyncio
import random
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from chaos import facts, people, proof
from chaos.booker import Booker
from chaos.faults import Chaos, plan
from chaos.parts.installation import Installation
from chaos.report import Progress, report

_REST_SECONDS = 600.0  # a busy machine needs longer to start what was killed last
_LAST_TRY_SECONDS = (
    90.0  # longer than a try can take; what is still open then has been forgotten, and the proof says so
)
_SWEEP_SECONDS = 6.0  # in which a worker would put an alert about what has just failed
_LOOK_AGAIN_SECONDS = 1.0


async def run(folder: Path, *, seconds: float, rate: float, seed: int, progress: Progress) -> bool:
    """Run it in this folder and say what came of it; return whether nothing is violated."""
    installation = Installation(folder, seed)
    try:
        key = await installation.start()
        wishes = await people.make(installation.database.url, int(seconds * rate) + 1)
        booker = Booker(installation.urls, key, wishes, seed)
        chaos = Chaos(installation, progress.say)
        at_the_end = await _until_rest(installation, booker, chaos, progress, seconds=seconds, rate=rate, seed=seed)
        at_the_end += await installation.stop_workers()
        read = await facts.read(
            installation.database.url, installation.mails, booker.promises, await installation.ledger()
        )
        broken = {**proof.violations_by_check(read), **({"the end": at_the_end} if at_the_end else {})}
        ended = {program.name: program.own_ends for program in installation.programs}
        errors = installation.logged_errors()
        progress.say(report(booker, read, broken, faults=chaos.done, ended=ended, errors=errors))
        return not broken
    finally:
        await installation.stop()


async def _until_rest(
    installation: Installation,
    booker: Booker,
    chaos: Chaos,
    progress: Progress,
    *,
    seconds: float,
    rate: float,
    seed: int,
) -> list[str]:
    """Book and do the faults, then wait until all is done; return a sentence if that takes too long."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    work = [asyncio.create_task(booker.run(rate, seconds)), asyncio.create_task(chaos.run(plan(seed, seconds)))]
    due_at = busy_at = 0.0  # when something was last seen to be due, or under way
    try:
        while True:
            over = [task for task in work if task.done()]
            for task in over:
                task.result()  # its fault, if it has one, is ours
            unrest = await installation.unrest()
            at = loop.time() - began
            if len(over) == len(work):
                await installation.hurry()
            if len(over) < len(work) or unrest is None or unrest[0]:
                due_at = busy_at = at
            elif unrest[1]:
                busy_at = at
            if at > busy_at + _SWEEP_SECONDS or at > due_at + _LAST_TRY_SECONDS:
                return []
            outbox = "the database is away" if unrest is None else f"{unrest[0]} pending, {unrest[1]} under way"
            progress.show(at, f"{len(booker.promises)} asked, {booker.acknowledged} acknowledged; {outbox}")
            if at > seconds + _REST_SECONDS:
                return [f"not at rest {_REST_SECONDS:g} s after the last booking: {booker.open} unanswered, {outbox}"]
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)
    finally:
        for task in work:
            task.cancel()
        await asyncio.wait(work)


def main() -> int:
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--seconds", type=float, default=180)
    parser.add_argument("--rate", type=float, default=20, help="bookings a second")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))  # noqa: S311 (it is shown)
    options = parser.parse_args()
    progress = Progress()
    progress.say(f"{options.seconds:g} s at {options.rate:g} bookings/s, SEED={options.seed}")
    folder = Path(tempfile.mkdtemp(prefix="hireloop-chaos-"))

    async def until_stopped() -> bool:
        task = asyncio.current_task()
        assert task is not None
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        return await run(folder, seconds=options.seconds, rate=options.rate, seed=options.seed, progress=progress)

    holds = False
    try:
        holds = asyncio.run(until_stopped())
    finally:
        if holds:
            shutil.rmtree(folder)
        else:
            progress.say(f"The logs, the mail and the database are in {folder}")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
