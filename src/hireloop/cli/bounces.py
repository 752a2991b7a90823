"""`hireloop bounces`: process mail that came back, from standard input or from a mailbox.

A mail server that pipes a report to us bounces it when we fail, and a bounce of a bounce is lost. So the exit code is
75 (EX_TEMPFAIL of sysexits.h) for any problem on our side: the server then keeps the report and tries again. It is 0
for every mail that could be read, even one that is not a report: sending that back would help nobody.
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
from hireloop.notify.bounces.mailbox import BounceMailbox
from hireloop.notify.bounces.reading import reports
from hireloop.notify.bounces.return_path import ReturnPath
from hireloop.settings import Settings
from hireloop.telemetry.set_up import set_up

_COME_AGAIN = 75


@click.command("bounces")
@click.option("--recipient", default="", help="The envelope recipient, if the mail itself does not contain it.")
@click.option("--imap", is_flag=True, help="Read the mailbox at BOUNCE_IMAP_URL instead of standard input.")
@click.option(
    "--every", type=click.IntRange(1, 86_400), help="With --imap: repeat every so many seconds, until Ctrl-C."
)
def bounces(*, recipient: str, imap: bool, every: int | None) -> None:
    """Process bounce reports: one from standard input, or all those in a mailbox."""
    if every is not None and not imap:
        msg = "--every requires --imap"
        raise click.UsageError(msg)
    if imap:
        with suppress(KeyboardInterrupt):
            run(lambda settings: _of_mailbox(settings, every))
        return
    raw = sys.stdin.buffer.read(reports.LONGEST)
    while sys.stdin.buffer.read(65_536):
        continue  # the program that writes to us must not meet a closed pipe
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
        raise SettingsError("BOUNCE_IMAP_URL is not set. Set it to imaps://user:password@mail.example/INBOX.")
    url = settings.bounce_imap_url.get_secret_value()
    left: set[str] = set()  # mails that are not for us and are left unchanged
    with _telling(settings):
        if every is None:
            await _pass(url, ReturnPath.of(settings), left)
            return
        while True:
            try:
                await _pass(url, ReturnPath.of(settings), left)
            except (MailboxError, *db.UNAVAILABLE) as error:
                said = error if isinstance(error, MailboxError) else f"The database failed ({db.described(error)})."
                click.echo(f"hireloop: {said} The mailbox is read again in {every} s.", err=True)
            await asyncio.sleep(every)


async def _pass(url: str, return_path: ReturnPath, left: set[str]) -> None:
    """Process the unseen mails; a mail is marked as seen only once its report is recorded."""
    counts: Counter[str] = Counter()
    with BounceMailbox(url) as mailbox:  # blocks, and nothing else runs in this process
        waiting = [uid for uid in mailbox.unseen() if mailbox.name_of(uid) not in left]
        for number, uid in enumerate(waiting, start=1):
            is_ours, line = await _taken(mailbox.read(uid), return_path)
            if is_ours:
                mailbox.mark_seen(uid)
            else:
                left.add(mailbox.name_of(uid))
            counts["processed" if is_ours else "left unchanged"] += 1
            click.echo(f"{number} of {len(waiting)}: {line}")
    if waiting:
        click.echo(", ".join(f"{count} {what}" for what, count in sorted(counts.items(), reverse=True)))


async def _taken(raw: bytes, return_path: ReturnPath, *, recipient: str = "") -> tuple[bool, str]:
    """Record an email; return whether it is about a delivery of ours, and the outcome as a line of output."""
    try:
        recorded = await notify_bounces.record(reports.read(raw, recipient=recipient), return_path, mail=raw)
    except NotAReport:
        return False, "neither a report of a failed or delayed delivery nor sent to a tagged address"
    except ReportOfNothing:
        return False, "a report that does not match any delivery"
    reason = f"  {recorded.reason}" if recorded.reason else ""
    return True, f"{recorded.result.value}: delivery {recorded.delivery} is {recorded.state.value}{reason}"


@contextmanager
def _telling(settings: Settings) -> Iterator[None]:
    """Export the spans and metrics of this command."""
    measured = set_up(settings, role="cli")
    try:
        yield
    finally:
        measured.shutdown()
