"""`hireloop doctor`: check everything before the first booking."""

import asyncio
import logging
import shutil
import sys
import textwrap
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import click
import msgspec

from hireloop.doctor import files
from hireloop.doctor.examination import examine
from hireloop.errors import HireLoopError
from hireloop.local import home
from hireloop.notify.diagnosis.findings import Finding, Level, failure, of_sentence, ok, skipped
from hireloop.settings import Settings
from hireloop.wording.plain_text import counted

_LABELS = {
    Level.OK: ("ok", "green"),
    Level.WARNING: ("warning", "yellow"),
    Level.FAILURE: ("FAILURE", "red"),
    Level.SKIPPED: ("-", "bright_black"),
}
_LABEL_WIDTH = 9
_NAME_WIDTH = 16
_WIDEST = 110


class _Line(msgspec.Struct, frozen=True):
    """A finding as programs read it."""

    check: str
    level: str
    cause: str
    fix: str


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the findings as a JSON array.")
def doctor(*, as_json: bool) -> None:
    """Check everything before the first booking and say how to fix what is wrong; exit 1 if a check fails."""
    logging.disable()  # libraries log failed attempts, which the findings describe better
    show = _NoOutput() if as_json else _TextOutput()
    with ExitStack() as stack:
        findings = asyncio.run(_examined(stack, show))
    if as_json:
        lines = [_Line(one.check, one.level.value, _cause(one), one.fix) for one in findings]
        click.echo(msgspec.json.format(msgspec.json.encode(lines)).decode())
    else:
        click.echo(_sum(findings))
    sys.exit(1 if any(one.level is Level.FAILURE for one in findings) else 0)


class _NoOutput:
    """Shows nothing while the checks run."""

    def show(self, finding: Finding) -> None:
        """Show one finding."""

    def waiting(self, names: Sequence[str]) -> None:
        """Show which checks are running."""


class _TextOutput(_NoOutput):
    """Shows findings as they come in, and on a terminal the running checks, on a line that is erased again."""

    def __init__(self) -> None:
        self._lively = sys.stdout.isatty()
        self._width = min(shutil.get_terminal_size().columns, _WIDEST) if self._lively else 0

    def show(self, finding: Finding) -> None:
        """Show one finding."""
        self._erase()
        label, colour = _LABELS[finding.level]
        told = [click.style(f"{label:<{_LABEL_WIDTH}}", fg=colour) + f"{finding.check:<{_NAME_WIDTH - 1}} "]
        told[0] += self._wrapped(f"{finding.title}: {finding.cause}" if finding.title else finding.cause)
        if finding.said:
            told.append(self._wrapped(f"The server replied: {finding.said}", hanging=True))
        if finding.fix:
            told.append(self._wrapped(f"→ {finding.fix}", hanging=True))
        click.echo("\n".join(told))

    def waiting(self, names: Sequence[str]) -> None:
        """Show which checks are running."""
        if self._lively and names:
            self._erase()
            text = f"… waiting for {', '.join(names)}"[: self._width - 1]
            click.echo(click.style(text, fg="bright_black"), nl=False)

    def _erase(self) -> None:
        if self._lively:
            click.echo("\r\x1b[K", nl=False)

    def _wrapped(self, text: str, *, hanging: bool = False) -> str:
        margin = " " * (_LABEL_WIDTH + _NAME_WIDTH)
        if not self._lively:  # one line per sentence, for grep
            return f"{margin}{text}" if hanging else text
        lines = textwrap.wrap(text, max(self._width - len(margin), 30), break_long_words=False, break_on_hyphens=False)
        return (margin if hanging else "") + f"\n{margin}".join(lines)


async def _examined(stack: ExitStack, show: _NoOutput) -> list[Finding]:
    findings = []
    async for finding in _findings(stack, show):
        show.show(finding)
        findings.append(finding)
    return findings


async def _findings(stack: ExitStack, show: _NoOutput) -> AsyncIterator[Finding]:
    try:
        found = home.find()
    except HireLoopError as error:
        yield failure("settings", str(error).removeprefix("Settings: "), "Correct it in the environment or in .env.")
        yield skipped("the rest", "settings failed")
        return
    yield ok("installation", found.which)
    yield files.check(Path(".env"), Settings.secret_paths().values(), found.data_dir)
    settings = found.settings
    show.waiting(["database" if settings.database_url else "the database on this machine"])
    fault = None
    if not found.is_there:
        fault = failure(
            "database", "There is no database.", "Set DATABASE_URL, or start a database with `hireloop up`."
        )
    else:
        try:
            settings = stack.enter_context(home.at_home(found))
        except HireLoopError as error:
            fault = of_sentence("database", str(error))
    async for finding in examine(settings, show.waiting, database_fault=fault, for_trying=found.is_up):
        yield finding


def _cause(finding: Finding) -> str:
    return f"{finding.cause} The server replied: {finding.said}" if finding.said else finding.cause


def _sum(findings: Sequence[Finding]) -> str:
    counts = Counter(finding.level for finding in findings)
    failures, warnings = counts[Level.FAILURE], counts[Level.WARNING]
    parts = [
        click.style(counted(failures, "failure", "failures"), fg="red" if failures else None, bold=bool(failures)),
        click.style(counted(warnings, "warning", "warnings"), fg="yellow" if warnings else None),
        f"{counts[Level.OK]} ok",
    ]
    if counts[Level.SKIPPED]:
        parts.append(f"{counts[Level.SKIPPED]} skipped")
    result = "Fix the failures before the first booking." if failures else "Ready for bookings."
    return f"\n{', '.join(parts)}. {result}"
