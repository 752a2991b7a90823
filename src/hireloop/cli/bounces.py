"""`hireloop bounces`: take in the reports of mails that came back, from standard input or from a mailbox.

A mail server that pipes a report to us bounces it when we fail, and a bounce of a bounce is lost. So the exit code is
75 (EX_TEMPFAIL of sysexits.h) for whatever is our own trouble, and the server keeps the report and comes again. It is 0
for every mail that could be read, also for one that is no report: nobody is served by sending that back.
"""

import asyncio
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import click

from hireloop import db
from hireloop.cli.database import run
from hireloop.errors import HireLoopError, MailboxError, NotAReport, ReportOfNothing, SettingsError
from hireloop.notify.bounces import bounces as notify_bounces
from hireloop.notify.bounces import reports
from hireloop.notify.bounces.mailbox import BounceMailbox
from hireloop.notify.bounces.return_path import ReturnPath
from hireloop.settings import Settings
from hireloop.telemetry.set_up import set_up

_COME_AGAIN = 75


@click.command("bounces")
@click.option("--recipient", default="", help="The envelope's recipient, where the mail itself does not say it.")
@click.option("--imap", is_flag=True, help="Read the mailbox of BOUNCE_IMAP_URL instead of standard input.")
@click.option("--every", type=click.IntRange(1, 86_400), help="With --imap: again after so many seconds, until Ctrl-C.")
def bounces(*, recipient: str, imap: bool, every: int | None) -> None:
    """Take in the report of a mail that came back: one from standard input, or a mailbox of them."""
    if every is not None and not imap:
        msg = "--every goes with --imap"
        raise click.UsageError(msg)
    if imap:
        with suppress(KeyboardInterrupt):
            run(lambda settings: _of_mailbox(settings, every))
        return
    raw = sys.stdin.buffer.read(reports.LONGEST)
    while sys.stdin.buffer.read(65_536):
        continue  # whoever writes to us must not meet a closed pipe
    try:
        click.echo(run(lambda settings: _of_input(settings, raw, recipient)))
    except HireLoopError as error:
        click.echo(f"hireloop: {error}", err=True)
        sys.exit(_COME_AGAIN)
    except db.UNAVAILABLE as error:
        click.echo(f"hireloop: The database failed ({db.described(error)}): try again, and see its log.", err=True)
        sys.exit(_COME_AGAIN)


async def _of_input(settings: Settings, raw: bytes, recipient: str) -> str:
    with _telling(settings):
        return (await _taken(raw, ReturnPath.of(settings), recipient=recipient))[1]


async def _of_mailbox(settings: Settings, every: int | None) -> None:
    if settings.bounce_imap_url is None:
        raise SettingsError("BOUNCE_IMAP_URL is not set: set it to imaps://user:password@mail.example/INBOX.")
    url = settings.bounce_imap_url.get_secret_value()
    left: set[str] = set()  # mails that are not for us, and stay as they are
    with _telling(settings):
        if every is None:
            await _pass(url, ReturnPath.of(settings), left)
            return
        while True:
            try:
                await _pass(url, ReturnPath.of(settings), left)
            except (MailboxError, *db.UNAVAILABLE) as error:
                said = error if isinstance(error, MailboxError) else f"The database failed ({db.described(error)})."
                click.echo(f"hireloop: {said} The next pass is in {every} s.", err=True)
            await asyncio.sleep(every)


async def _pass(url: str, return_path: ReturnPath, left: set[str]) -> None:
    """Take in what nobody has seen yet; a mail is marked only once what it says is written."""
    counts: Counter[str] = Counter()
    with BounceMailbox(url) as mailbox:  # blocks, and nothing else runs in this process
        waiting = [uid for uid in mailbox.unseen() if mailbox.name_of(uid) not in left]
        for number, uid in enumerate(waiting, start=1):
            is_ours, line = await _taken(mailbox.read(uid), return_path)
            if is_ours:
                mailbox.mark_seen(uid)
            else:
                left.add(mailbox.name_of(uid))
            counts["taken" if is_ours else "left as they were"] += 1
            click.echo(f"{number} of {len(waiting)}: {line}")
    if waiting:
        click.echo(", ".join(f"{count} {what}" for what, count in sorted(counts.items(), reverse=True)))


async def _taken(raw: bytes, return_path: ReturnPath, *, recipient: str = "") -> tuple[bool, str]:
    """Record a mail's report; return whether it is one about a delivery of ours, and what became of it as a line."""
    try:
        recorded = await notify_bounces.record(reports.read(raw, recipient=recipient), return_path)
    except NotAReport:
        return False, "not a report of failed or delayed delivery"
    except ReportOfNothing:
        return False, "a report about no delivery of ours"
    reason = f"  {recorded.reason}" if recorded.reason else ""
    return True, f"{recorded.result.value}: delivery {recorded.delivery} is {recorded.state.value}{reason}"


@contextmanager
def _telling(settings: Settings) -> Iterator[None]:
    """Send the spans and metrics of this command's work."""
    measured = set_up(settings, role="cli")
    try:
        yield
    finally:
        measured.shutdown()
