"""`hireloop preview`: messages as files, to look at before anyone receives one."""

import secrets
import tempfile
from pathlib import Path

import click

from hireloop.errors import HireLoopError
from hireloop.notify import messages
from hireloop.notify.rendering import preview
from hireloop.notify.rendering.render import Renderer
from hireloop.settings import Settings
from hireloop.wording import languages


@click.command("preview")
@click.argument("kind", required=False, type=click.Choice(sorted(messages.KINDS)))
@click.option("--all", "every", is_flag=True, help="Every kind of message, in every language or in that of --locale.")
@click.option("--locale", help="The reader's locale, such as de or en-GB; by default DEFAULT_LOCALE.")
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), help="Where to write; by default a new folder."
)
def preview_(*, kind: str | None, every: bool, locale: str | None, out: Path | None) -> None:
    """Write a sample message as subject, text, HTML, calendar and mail; needs no database and sends nothing."""
    if every == (kind is not None):
        msg = "Give a kind of message, or --all."
        raise click.UsageError(msg)
    settings = Settings.read()
    out = out or Path(tempfile.mkdtemp(prefix="hireloop-preview-"))
    locales = [locale or settings.default_locale] if kind or locale else list(languages.LANGUAGES)
    for reader in locales:
        for named in [kind] if kind else list(messages.KINDS):
            folder = out / languages.reader_locale(reader) / named
            try:
                _write(folder, named, reader, settings)
            except OSError as error:
                sentence = f"{folder} is not writable ({error.strerror}). Choose another folder with --out."
                raise HireLoopError(sentence) from None
            click.echo(folder)


def _write(folder: Path, kind: str, locale: str, settings: Settings) -> None:
    secret = secrets.token_urlsafe(32)  # the links in a preview do not work
    renderer = Renderer.of(settings, secret=secret, locale=locale)
    parcel = preview.rendered(preview.sample(kind, locale=locale), renderer)
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in preview.files(parcel, sender=settings.mail_sender).items():
        (folder / name).write_bytes(content)
