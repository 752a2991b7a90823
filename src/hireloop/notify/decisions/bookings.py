"""What is still to say about one booking: to its candidate, and to the recruiters."""

from collections.abc import Sequence
from uuid import UUID

from hireloop.notify import messages
from hireloop.notify.decisions.decision import Decision, Say, Told, Undecided


async def decide(due: Sequence[Undecided], told: Sequence[Told]) -> dict[UUID, Decision]:  # noqa: ARG001
    """Return what each message says, given all that may have arrived about its booking."""
    return {one.id: Say(messages.decode(one.kind, one.payload)) for one in due}
