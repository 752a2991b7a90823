"""`hireloop retention`: erase the people with whom nothing has happened for long."""

import re
import sys
from datetime import timedelta

import click

from hireloop import errors
from hireloop.api import erasures
from hireloop.cli.database import run
from hireloop.notify.channels import configured
from hireloop.notify.deliveries.outbox import Outbox
from hireloop.scheduling.audit import Actor
from hireloop.scheduling.privacy import retention as retaining
from hireloop.settings import Settings

_TOGETHER = 200
_AGE = re.compile(r"([1-9]\d{0,4})([dwy])")
_DAYS = {"d": 1, "w": 7, "y": 365}
_MOST_DAYS = 365_000  # so long ago is still a date
_BY = Actor("hireloop retention")


class Age(click.ParamType):  # type: ignore[type-arg] # generic since click 8.3 only
    """A length of time such as `365d`, `26w` or `2y`; at least a day, at most 1,000 years."""

    name = "age"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """Return the length; fails with the mend for anything else."""
        found = _AGE.fullmatch(str(value))
        days = int(found[1]) * _DAYS[found[2]] if found else 0
        if not 1 <= days <= _MOST_DAYS:
            self.fail(f"{value!r} is not a length such as 365d, 26w or 2y.", param, ctx)
        return timedelta(days=days)


@click.command()
@click.option("--older-than", type=Age(), required=True, help="Since when nothing has happened: 365d, 26w, 2y.")
@click.option("--dry-run", is_flag=True, help="Only say how many it would be.")
def retention(*, older_than: timedelta, dry_run: bool) -> None:
    """Erase candidates with whom nothing has happened for so long; the proof of what was sent stays."""
    erased, left = run(lambda ours: _walk(older_than, ours, dry_run=dry_run))
    if dry_run:
        click.echo(f"{erased} candidate(s) would be erased.")
        return
    click.echo(f"{erased} candidate(s) erased.")
    if left:
        why = "as they are in an interview, or were seen or erased meanwhile"
        click.echo(f"{left} left, {why}: run it again later.", err=True)


async def _walk(older_than: timedelta, settings: Settings, *, dry_run: bool) -> tuple[int, int]:
    """Erase, each person in a transaction of their own, and return how many were erased and how many left."""
    outbox = Outbox(channels=configured.channels(settings), message_id_domain=settings.message_id_domain)
    erased = left = 0
    batch = await retaining.due(older_than, limit=_TOGETHER)
    while batch:
        for candidate_id in batch:
            if dry_run:
                erased += 1
                continue
            try:
                await erasures.erase(candidate_id, by=_BY, outbox=outbox, older_than=older_than)
            except (errors.NotFound, errors.InterviewInProgress):
                left += 1
            else:
                erased += 1
        if sys.stderr.isatty():
            click.echo(f"\r{erased + left} looked at", nl=False, err=True)
        batch = await retaining.due(older_than, limit=_TOGETHER, after=batch[-1])
    if sys.stderr.isatty():
        click.echo("\r\x1b[K", nl=False, err=True)
    return erased, left
