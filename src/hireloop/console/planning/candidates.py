"""Create a candidate, and go on to their interview."""

from litestar import Response

from hireloop import errors, mail_addresses
from hireloop.access.roles import actor_of
from hireloop.console import render
from hireloop.console.gate import pressed
from hireloop.console.planning import forms, pages
from hireloop.console.planning.forms import EMPTY, FormError, Typed
from hireloop.console.planning.pages import FormFailure
from hireloop.scheduling.people import candidates
from hireloop.scheduling.people.candidates import CandidateDetails, CandidateFields, CandidateFilter
from hireloop.web.context import AnyRequest
from hireloop.wording.phrases import phrase

KNOWN = phrase("A candidate with this address already exists, and differs from what you typed.")


async def form(request: AnyRequest) -> Response[bytes]:
    """Ask for a new candidate."""
    return _page(request)


async def create(request: AnyRequest) -> Response[bytes]:
    """Store the candidate, and ask for their interview; one who is known already is not stored again."""
    sent = forms.tidied(await pressed(request))
    try:
        new = forms.read(sent, CandidateFields)
        known, created = await candidates.create(new, by=actor_of(request))
    except (FormError, errors.BadInput) as wrong:
        return _page(request, Typed(values=sent), wrong)
    except errors.DiffersFromKnown as wrong:
        return _page(request, Typed(values=sent), wrong, await _of_address(sent["email"]))
    done = "candidate-created" if created else "candidate-known"
    return render.see_other(pages.INTERVIEW, candidate=str(known.id), done=done)


def _page(
    request: AnyRequest, typed: Typed = EMPTY, wrong: FormFailure | None = None, known: CandidateDetails | None = None
) -> Response[bytes]:
    refused = KNOWN if isinstance(wrong, errors.DiffersFromKnown) else ""
    different = wrong.fields if isinstance(wrong, errors.DiffersFromKnown) else []
    return pages.show(request, "candidate", typed=typed, wrong=wrong, refused=refused, known=known, different=different)


async def _of_address(address: str) -> CandidateDetails | None:
    found = await candidates.page(CandidateFilter(email=mail_addresses.sought(address)), limit=1, after=None)
    return found[0] if found else None
