"""`hireloop retention`: erase candidates who have been inactive for a given time."""

import sys
from datetime import timedelta

import click

from hireloop import errors
from hireloop.api import erasures
from hireloop.cli.database import run
from hireloop.cli.times import PeriodParameter
from hireloop.notify.channels import configured
from hireloop.notify.deliveries.outbox import Outbox
from hireloop.scheduling.audit import Actor
from hireloop.scheduling.privacy import retention as retaining
from hireloop.settings import Settings
from hireloop.wording.plain_text import counted

_TOGETHER = 200
_BY = Actor("hireloop retention")


@click.command()
@click.option(
    "--older-than", type=PeriodParameter(), required=True, help="How long they must have been inactive: 365d, 26w, 2y."
)
@click.option("--dry-run", is_flag=True, help="Only show how many would be erased.")
def retention(*, older_than: timedelta, dry_run: bool) -> None:
    """Erase candidates who have been inactive for a given time; the record of what was sent is kept."""
    erased, left = run(lambda ours: _walk(older_than, ours, dry_run=dry_run))
    candidates = counted(erased, "candidate", "candidates")
    if dry_run:
        click.echo(f"{candidates} would be erased.")
        return
    click.echo(f"{candidates} erased.")
    if left:
        why = "they are in an interview, or were active or erased in the meantime"
        click.echo(f"{left} not erased, because {why}. Run the command again later.", err=True)


async def _walk(older_than: timedelta, settings: Settings, *, dry_run: bool) -> tuple[int, int]:
    """Erase each person in a separate transaction, and return how many were erased and how many were not."""
    outbox = Outbox.of(settings, configured.channels(settings))
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
            click.echo(f"\r{erased + left} checked", nl=False, err=True)
        batch = await retaining.due(older_than, limit=_TOGETHER, after=batch[-1])
    if sys.stderr.isatty():
        click.echo("\r\x1b[K", nl=False, err=True)
    return erased, left
