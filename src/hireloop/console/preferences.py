"""Language and time zone of the console, as somebody wants them in this browser."""

from datetime import UTC, datetime

from litestar import Response

from hireloop.access.refusals import note
from hireloop.console import gate, render
from hireloop.console.gate import CsrfError, pressed
from hireloop.console.reader.choices import ReaderChoices, choices_of, cookie_of
from hireloop.console.sign_in import HOME, safe_next
from hireloop.console.sign_in import PATH as SIGN_IN
from hireloop.telemetry.refusals import WhyRefused
from hireloop.time_zones import database_name, listed_names
from hireloop.web.context import AnyRequest, context_of
from hireloop.web.forms import fields_of
from hireloop.wording.languages import LANGUAGES
from hireloop.wording.phrases import phrase

PATH = "/console/preferences/"
_NO_ZONE = phrase("This is not a time zone. Choose one from the list, such as Asia/Kolkata or Europe/Berlin.")


async def page(request: AnyRequest) -> Response[bytes]:
    """Show what is chosen in this browser, and what there is to choose from."""
    return _shown(request, choices_of(request))


async def keep(request: AnyRequest) -> Response[bytes]:
    """Keep a choice in this browser; a zone that nobody knows is asked for again."""
    form = await pressed(request)
    language, zone = _language(form), form.get("zone", "").strip()
    try:
        choices = ReaderChoices(language, database_name(zone) if zone else "")
    except ValueError:
        return _shown(request, ReaderChoices(language, zone), wrong=_NO_ZONE)
    return render.see_other(PATH, cookie_of(request, choices), done="preferences-kept")


async def keep_language(request: AnyRequest) -> Response[bytes]:
    """Keep the language that was pressed on the page for signing in, and show that page in it."""
    if not await gate.is_signing_in_here(request):
        note(request, WhyRefused.CSRF)
        raise CsrfError
    form = await fields_of(request)
    goal = safe_next(form.get("next"))
    choices = choices_of(request)._replace(language=_language(form))
    return render.see_other(SIGN_IN, cookie_of(request, choices), **({"next": goal} if goal != HOME else {}))


def _language(form: dict[str, str]) -> str:
    language = form.get("language", "")
    return language if language in LANGUAGES else ""


def _shown(request: AnyRequest, choices: ReaderChoices, *, wrong: str = "") -> Response[bytes]:
    return render.show(
        request,
        "preferences",
        here="preferences",
        status_code=400 if wrong else 200,
        choices=choices,
        wrong=wrong,
        zones=listed_names(),
        default_zone=context_of(request).settings.zone.key,
        now=datetime.now(UTC),
    )
