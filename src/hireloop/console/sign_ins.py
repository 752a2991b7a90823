"""One's own sign-ins, and for admins those of every key: where somebody is signed in, and a button that ends it."""

from itertools import groupby
from typing import NamedTuple
from uuid import UUID

from litestar import Response
from litestar.params import FromPath

from hireloop.access import sign_ins
from hireloop.access.roles import actor_of
from hireloop.access.sign_ins import ListedSignIn
from hireloop.access.tables import Role, SignInEnd
from hireloop.console import gate, render
from hireloop.console.gate import pressed, user_of
from hireloop.web.context import AnyRequest

PATH = "/console/sign-ins/"


class KeySignIns(NamedTuple):
    """The open sign-ins of one key, the last used first."""

    key: UUID
    listed: list[ListedSignIn]


async def page(request: AnyRequest) -> Response[bytes]:
    """Show the open sign-ins of one's own key, and to an admin those of the others."""
    user, idle = user_of(request), gate.idle_of(request)
    is_admin = user.holder.role is Role.ADMIN
    found = await sign_ins.open_ones(idle=idle, key=user.holder.id)
    everyones = await sign_ins.open_ones(idle=idle) if is_admin else []
    others = [one for one in everyones if one.api_key != user.holder.id]
    by_key = [KeySignIns(key, list(them)) for key, them in groupby(others, lambda one: one.api_key)]
    return render.show(request, "sign_ins", here="sign-ins", own=found, by_key=by_key, is_admin=is_admin)


async def end_one(request: AnyRequest, sign_in_id: FromPath[UUID]) -> Response[bytes]:
    """End one sign-in of one's own key; this browser's is a sign-out."""
    await pressed(request)
    user, by = user_of(request), actor_of(request)
    if sign_in_id == user.sign_in:
        await sign_ins.end(sign_in_id, SignInEnd.SIGNED_OUT, by=by)
        return render.see_other("/console/sign-in/", gate.no_cookie(request), done="signed-out")
    ended = await sign_ins.end_those_of(user.holder.id, SignInEnd.ENDED_ELSEWHERE, by=by, only=sign_in_id)
    return render.see_other(PATH, done="sign-in-ended" if ended else "sign-in-over")


async def end_others(request: AnyRequest) -> Response[bytes]:
    """End every sign-in of one's own key but this browser's."""
    await pressed(request)
    user = user_of(request)
    ended = await sign_ins.end_those_of(
        user.holder.id, SignInEnd.ENDED_ELSEWHERE, by=actor_of(request), but=user.sign_in
    )
    return render.see_other(PATH, done="sign-ins-ended", n=ended)


async def end_those_of_key(request: AnyRequest, key_id: FromPath[UUID]) -> Response[bytes]:
    """End every sign-in of a key, but not this browser's; the key itself goes on working."""
    await pressed(request)
    ended = await sign_ins.end_those_of(
        key_id, SignInEnd.ENDED_BY_ADMIN, by=actor_of(request), but=user_of(request).sign_in
    )
    return render.see_other(PATH, done="sign-ins-ended", n=ended)
