"""What the pages with a form have in common: how one is shown, and shown again with what is wrong with it."""

from collections.abc import Mapping
from typing import Any, Final

from litestar import Response

from hireloop import errors
from hireloop.console import render
from hireloop.console.planning import forms, local_times
from hireloop.console.planning.choices import locales_to_choose
from hireloop.console.planning.forms import EMPTY, FormError, Typed
from hireloop.console.reader.choices import said_to, zone_of_reader
from hireloop.web.context import AnyRequest
from hireloop.wording.phrases import phrase

HERE: Final = "new"
CANDIDATE, JOB, INTERVIEW, SLOT, SERIES, BOOKING = (
    f"/console/new/{name}/" for name in ("candidate", "job", "interview", "slot", "series", "booking")
)
WRONG = phrase("Nothing was saved. Correct the fields that are marked.")
FIELD_NAMES: Mapping[str, str] = {
    "full_name": phrase("Full name"),
    "time_zone": phrase("Time zone"),
    "locale": phrase("Language"),
    "phone": phrase("Telephone number"),
    "resume_text": phrase("Résumé"),
    "description": phrase("Description"),
    "coding_language": phrase("Programming language"),
    "recruiter_email": phrase("Email address of the recruiter"),
    "questions": phrase("Questions"),
    "names_interviewer": phrase("Tell candidates the name of their interviewer"),
}
_BAD, _CONFLICT, _TOO_MANY = 400, 409, 429

FormFailure = FormError | errors.BadInput | errors.Refused


def show(
    request: AnyRequest,
    template: str,
    *,
    typed: Typed = EMPTY,
    wrong: FormFailure | None = None,
    refused: str = "",
    names: Mapping[str, str] | None = None,
    **values: Any,  # noqa: ANN401 (the template's own)
) -> Response[bytes]:
    """Show a page with a form; `wrong` is why nothing was done, and `refused` says so better than the error does.

    `names` are the fields' names on the page where those of the verb are others.
    """
    shown = marked(typed, wrong, names)
    response = render.show(
        request,
        f"planning/{template}",
        here=HERE,
        status_code=status_of(wrong),
        refused=said_to(request)(refused or reason(wrong)),
        form=shown,
        field_names=FIELD_NAMES,
        locales=locales_to_choose(),
        zone=local_times.zone_in(shown.values, zone_of_reader(request)).key,
        **values,
    )
    if isinstance(wrong, errors.LimitReached):
        response.headers["Retry-After"] = str(wrong.retry_after_seconds)
    return response


def marked(typed: Typed, wrong: FormFailure | None, names: Mapping[str, str] | None = None) -> Typed:
    """Return what was typed, with each field marked in which something is wrong."""
    if isinstance(wrong, FormError | errors.BadInput):
        return Typed(values=typed.values, faults={**typed.faults, **forms.faults_of(wrong, names)})
    return typed


def reason(wrong: FormFailure | None) -> str:
    """Return why nothing was done, in words for people; empty if there was nothing to do yet. Not yet translated."""
    if wrong is None:
        return ""
    return WRONG if isinstance(wrong, FormError | errors.BadInput) else str(wrong)


def status_of(wrong: FormFailure | None) -> int:
    """Return the status of a page that says this."""
    if wrong is None:
        return 200
    if isinstance(wrong, FormError | errors.BadInput):
        return _BAD
    return _TOO_MANY if isinstance(wrong, errors.LimitReached) else _CONFLICT
