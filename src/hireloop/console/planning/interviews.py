"""Create an interview of a candidate for a job, and go on to book it."""

from uuid import UUID

import msgspec
from litestar import Response

from hireloop import db, errors
from hireloop.access.roles import actor_of
from hireloop.console import render
from hireloop.console.gate import pressed
from hireloop.console.planning import forms, once, pages
from hireloop.console.planning.choices import candidates_to_choose, jobs_to_choose
from hireloop.console.planning.forms import FormError, Typed
from hireloop.console.planning.pages import FormFailure
from hireloop.scheduling import fields, interviews
from hireloop.scheduling.interviews import InterviewDetails
from hireloop.web.context import AnyRequest


class _InterviewForm(msgspec.Struct, frozen=True, kw_only=True):
    candidate: UUID
    job: UUID
    round: fields.Round = 1


async def form(request: AnyRequest) -> Response[bytes]:
    """Ask for a new interview; the address may say of which candidate or for which job."""
    asked = {name: request.query_params.get(name, "") for name in ("candidate", "job")}
    return await _page(request, Typed(values=asked), db.new_id())


async def create(request: AnyRequest) -> Response[bytes]:
    """Store the interview, and ask for its time; a press on Find looks for candidates or jobs instead."""
    sent = forms.tidied(await pressed(request))
    ident, typed = once.ident_in(sent), Typed(values=sent)
    if "find" in sent:
        return await _page(request, typed, ident)
    try:
        new = forms.read(sent, _InterviewForm)

        async def store(ident: UUID) -> InterviewDetails:
            by = actor_of(request)
            return await interviews.create(new.candidate, new.job, round_number=new.round, ident=ident, by=by)

        def is_same(found: InterviewDetails) -> bool:
            return (found.candidate, found.job, found.round) == (new.candidate, new.job, new.round)

        made, created = await once.done_once(ident, interviews.find, store, is_same=is_same)
    except (FormError, errors.BadInput) as wrong:
        return await _page(request, typed, ident, wrong)
    done = "interview-created" if created else "interview-known"
    return render.see_other(pages.BOOKING, interview=str(made.id), done=done)


async def _page(request: AnyRequest, typed: Typed, ident: UUID, wrong: FormFailure | None = None) -> Response[bytes]:
    beginning = typed.of("find_candidate").replace("\x00", "")
    async with db.snapshot():
        people = await candidates_to_choose(beginning, chosen=typed.of("candidate"))
        offered = await jobs_to_choose(typed)
    return pages.show(request, "interview", typed=typed, wrong=wrong, ident=ident, people=people, jobs=offered)
