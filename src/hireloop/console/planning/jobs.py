"""Create a job, and go on to its first interview."""

from collections.abc import Mapping

import msgspec
from litestar import Response

from hireloop import errors
from hireloop.access.roles import actor_of
from hireloop.console import render
from hireloop.console.gate import pressed
from hireloop.console.planning import forms, pages
from hireloop.console.planning.forms import EMPTY, FieldFault, FormError, Typed
from hireloop.console.planning.pages import FormFailure
from hireloop.scheduling.people import jobs
from hireloop.scheduling.people.jobs import JobDetails, JobFields, JobFilter
from hireloop.web.context import AnyRequest
from hireloop.wording.phrases import phrase

KNOWN = phrase("A job with this title and company already exists, and differs from what you typed.")
_TOO_MANY = phrase("These are %(count)s questions. Leave %(most)s or fewer.")
_TOO_LONG = phrase("The question in line %(line)s has %(count)s characters. Shorten it to %(most)s or fewer.")
_MOST, _LONGEST = 100, 2_000


async def form(request: AnyRequest) -> Response[bytes]:
    """Ask for a new job."""
    return _page(request)


async def create(request: AnyRequest) -> Response[bytes]:
    """Store the job, and ask for an interview; one that is known already is not stored again."""
    sent = forms.tidied(await pressed(request))
    try:
        known, created = await jobs.create(_read(sent), by=actor_of(request))
    except (FormError, errors.BadInput) as wrong:
        return _page(request, Typed(values=sent), wrong)
    except errors.DiffersFromKnown as wrong:
        found = await jobs.page(JobFilter(title=sent["title"], company=sent["company"]), limit=1, after=None)
        return _page(request, Typed(values=sent), wrong, found[0] if found else None)
    done = "job-created" if created else "job-known"
    return render.see_other(pages.INTERVIEW, job=str(known.id), done=done)


def _read(sent: Mapping[str, str]) -> JobFields:
    """Return the job; raises FormError with everything that is wrong."""
    faults: dict[str, FieldFault] = {}
    asked = forms.attempt(faults, _questions, sent.get("questions", ""))
    new = forms.attempt(faults, forms.read, sent, JobFields, questions=asked or msgspec.UNSET)
    if faults or new is None:
        raise FormError(**faults)
    return new


def _questions(text: str) -> list[str]:
    """Return a question for each line that has one; raises FormError."""
    lines = [line.strip() for line in text.split("\n")]
    for number, line in enumerate(lines, start=1):
        if len(line) > _LONGEST:
            raise FormError(questions=FieldFault(_TOO_LONG, {"line": number, "count": len(line), "most": _LONGEST}))
    asked = [line for line in lines if line]
    if len(asked) > _MOST:
        raise FormError(questions=FieldFault(_TOO_MANY, {"count": len(asked), "most": _MOST}))
    if "\x00" in text:
        raise FormError(questions=FieldFault(forms.UNSTORABLE))
    return asked


def _page(
    request: AnyRequest, typed: Typed = EMPTY, wrong: FormFailure | None = None, known: JobDetails | None = None
) -> Response[bytes]:
    refused = KNOWN if isinstance(wrong, errors.DiffersFromKnown) else ""
    different = wrong.fields if isinstance(wrong, errors.DiffersFromKnown) else []
    return pages.show(request, "job", typed=typed, wrong=wrong, refused=refused, known=known, different=different)
