"""Which commands there are: where each is defined, and its help in one sentence."""

from importlib import import_module

import click

# The help stands here a second time, so that nothing is imported to list it; a test compares the two.
COMMANDS: dict[str, tuple[str, str]] = {
    "up": ("hireloop.cli.up:up", "Run everything on this machine, nothing else to install."),
    "serve": ("hireloop.cli.serve:serve", "Serve the API and the portal until SIGTERM."),
    "work": ("hireloop.cli.work:work", "Send what is due until SIGTERM."),
    "migrate": ("hireloop.cli.migrate:migrate_", "Bring the database up to date; safe when many start at once."),
    "doctor": (
        "hireloop.cli.doctor:doctor",
        "Check everything before the first booking: a line each, its cause and its mend; exit 1 if something fails.",
    ),
    "send-test": (
        "hireloop.cli.send_test:send_test",
        "Send a real invitation to ADDRESS, plainly a test; exit 0 only if the mail server took it.",
    ),
    "preview": (
        "hireloop.cli.preview:preview_",
        "Write a sample of a message as subject, text, HTML, calendar and mail; needs no database and sends nothing.",
    ),
    "keys": ("hireloop.cli.keys:keys", "Make, list and revoke API keys."),
    "channels": (
        "hireloop.cli.channels:channels",
        "List the channels: state, transport, what goes over them, why one is held; then the installed transports.",
    ),
    "deliveries": (
        "hireloop.cli.deliveries:deliveries",
        "Show what was sent, what failed and why, and send it again.",
    ),
    "ledger": (
        "hireloop.cli.ledger:ledger_",
        "Prove that every booking has its deliveries; exit 1 if one has not.",
    ),
    "bounces": (
        "hireloop.cli.bounces:bounces",
        "Take in the report of a mail that came back: one from standard input, or a mailbox of them.",
    ),
    "retention": (
        "hireloop.cli.retention:retention",
        "Erase candidates with whom nothing has happened for so long; the proof of what was sent stays.",
    ),
}


def load(name: str) -> click.Command:
    """Import one of `COMMANDS` and return it."""
    module, _, attribute = COMMANDS[name][0].partition(":")
    command: click.Command = getattr(import_module(module), attribute)
    return command


class Commands(click.Group):
    """The group of `COMMANDS`, each of them imported when it is called.

    Until then it is known by its name and its help alone, which is enough for `--help` and the shell's completion.
    """

    def __init__(self, name: str, **settings: object) -> None:
        listed = [click.Command(command, help=sentence) for command, (_, sentence) in COMMANDS.items()]
        super().__init__(name, commands=listed, **settings)  # type: ignore[arg-type] # click's own settings

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that the arguments call, imported, and the arguments that are left for it."""
        name, listed, rest = super().resolve_command(ctx, args)
        return name, load(name) if name is not None else listed, rest
