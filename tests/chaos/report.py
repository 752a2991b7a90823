"""What a run says: a line of progress while it lasts, and the report at its end."""

import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from chaos import proof
from chaos.booker import Booker
from chaos.facts import Facts

_MOST_LINES = 40  # of violations that one check has found


class Progress:
    """A line that is written over on a terminal; elsewhere a plain line, now and then."""

    def __init__(self, every_seconds: float = 10.0) -> None:
        self._is_terminal = sys.stdout.isatty()
        self._every_seconds = every_seconds
        self._next = 0.0

    def show(self, at: float, text: str) -> None:
        """Show how things stand `at` seconds after the beginning."""
        if self._is_terminal:
            self._write(f"\r\x1b[K{at:6.1f} s  {text}")
        elif at >= self._next:
            self._next = at + self._every_seconds
            self._write(f"{at:6.1f} s  {text}\n")

    def say(self, text: str) -> None:
        """Say something that stays."""
        self._write(f"\r\x1b[K{text}\n" if self._is_terminal else f"{text}\n")

    @staticmethod
    def _write(text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()


def report(
    booker: Booker,
    facts: Facts,
    broken: Mapping[str, Sequence[str]],
    *,
    faults: Mapping[str, int],
    ended: Mapping[str, Sequence[str]],
    errors: Mapping[str, int],
) -> str:
    """Return the report of a run: what ended by itself and the violations last, each on a line.

    `broken` are sentences, by the check that found them. `faults` are counted by kind, `ended` says how each program
    ended that nobody had killed, and `errors` are the events logged as one.
    """
    promises = booker.promises
    copies = proof.second_copies(facts)
    lines = {
        "bookings": f"{len(promises)} asked for, {booker.acknowledged} acknowledged; "
        f"{sum(p.revision > 1 and not p.is_cancelled for p in promises)} moved, "
        f"{sum(p.is_cancelled for p in promises)} cancelled",
        "answers": _counted(booker.answers),
        "faults": _counted(faults) or "none",
        "ended by themselves": _counted({name: len(ends) for name, ends in ended.items()}) or "none",
        "errors logged": _counted(errors) or "none",
        "deliveries": _counted(Counter(delivery.state for delivery in facts.deliveries)),
        "not delivered": _counted(Counter(d.last_reason or "" for d in facts.deliveries if d.state in proof.FAILED))
        or "none",
        "attempts": _counted(Counter(attempt.outcome or "open" for attempt in facts.attempts)),
        "mails": f"{len(facts.mails)}, of which {copies} are second copies under the same Message-ID",
        "ledger": facts.ledger.said.splitlines()[-1] if facts.ledger.said else f"exit code {facts.ledger.code}",
        "result": f"violations: {_counted({check: len(found) for check, found in broken.items()})}"
        if broken
        else "nothing is lost, and nothing is there twice",
    }
    width = max(map(len, lines)) + 1
    return "\n".join(
        [*(f"{name + ':':<{width}} {text}" for name, text in lines.items()), *_ends(ended), *_shown(broken)]
    )


def _ends(ended: Mapping[str, Sequence[str]]) -> Iterator[str]:
    for name, ends in ended.items():
        yield from (f"  {name} ended by itself, {end}" for end in ends)


def _shown(broken: Mapping[str, Sequence[str]]) -> Iterator[str]:
    for check, found in broken.items():
        yield from (f"  {check}: {sentence}" for sentence in found[:_MOST_LINES])
        if len(found) > _MOST_LINES:
            yield f"  {check}: … and {len(found) - _MOST_LINES} more"


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items(), key=lambda item: -item[1]) if count)
