"""The commands: where each is defined, and its help in one sentence."""

from importlib import import_module

import click

# The help is repeated here so that listing it imports nothing; a test compares the two.
COMMANDS: dict[str, tuple[str, str]] = {
    "up": ("hireloop.cli.up:up", "Run everything on this machine, with nothing else to install."),
    "serve": ("hireloop.cli.serve:serve", "Serve the API, the portal and the console until SIGTERM."),
    "work": ("hireloop.cli.work:work", "Run the worker, which sends messages when they are due, until SIGTERM."),
    "migrate": (
        "hireloop.cli.migrate:migrate_",
        "Bring the database up to date; safe to run from several processes at once.",
    ),
    "doctor": (
        "hireloop.cli.doctor:doctor",
        "Check everything before the first booking and say how to fix what is wrong; exit 1 if a check fails.",
    ),
    "send-test": (
        "hireloop.cli.send_test:send_test",
        "Send a real invitation to ADDRESS, clearly marked as a test; exit 0 only if the mail server accepts it.",
    ),
    "preview": (
        "hireloop.cli.preview:preview_",
        "Write a sample message as subject, text, HTML, calendar and mail; needs no database and sends nothing.",
    ),
    "keys": ("hireloop.cli.keys:keys", "Create, list and revoke API keys."),
    "channels": (
        "hireloop.cli.channels:channels",
        "List the channels with their state, transport and kinds of messages, then the installed transports.",
    ),
    "interviews": (
        "hireloop.cli.bookings:interviews",
        "Show an interview with its candidate, its job and its bookings.",
    ),
    "sessions": (
        "hireloop.cli.bookings:sessions",
        "Show a session: when its link works, and what the candidate has done.",
    ),
    "bookings": (
        "hireloop.cli.bookings:bookings",
        "Show a booking: who meets about what and when, and who was told what.",
    ),
    "deliveries": (
        "hireloop.cli.deliveries:deliveries",
        "Show what was sent and what failed, and send failed messages again.",
    ),
    "alerts": (
        "hireloop.cli.alerts:alerts",
        "Show alerts and whether they have reached anyone, and acknowledge them.",
    ),
    "ledger": (
        "hireloop.cli.ledger:ledger_",
        "Check that every booking has its deliveries; exit 1 if one is missing.",
    ),
    "bounces": (
        "hireloop.cli.bounces:bounces",
        "Process bounce reports: one from standard input, or all those in a mailbox.",
    ),
    "retention": (
        "hireloop.cli.retention:retention",
        "Erase candidates who have been inactive for a given time; the record of what was sent is kept.",
    ),
}


def load(name: str) -> click.Command:
    """Import one of `COMMANDS` and return it."""
    module, _, attribute = COMMANDS[name][0].partition(":")
    command: click.Command = getattr(import_module(module), attribute)
    return command


class Commands(click.Group):
    """The group of `COMMANDS`, each of them imported when it is called.

    Until then only its name and its help are known, which is enough for `--help` and shell completion.
    """

    def __init__(self, name: str, **settings: object) -> None:
        listed = [click.Command(command, help=sentence) for command, (_, sentence) in COMMANDS.items()]
        super().__init__(name, commands=listed, **settings)  # type: ignore[arg-type] # click's own settings

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that the arguments call, imported, and the remaining arguments."""
        name, listed, rest = super().resolve_command(ctx, args)
        return name, load(name) if name is not None else listed, rest
