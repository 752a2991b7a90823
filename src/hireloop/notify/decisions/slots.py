"""What is still to say to the interviewer of a slot: that they hold an interview, with whom, or that they do not."""

from collections.abc import Sequence
from uuid import UUID

from hireloop.notify import messages
from hireloop.notify.decisions.decision import Decision, Say, Told, Undecided


async def decide(due: Sequence[Undecided], told: Sequence[Told]) -> dict[UUID, Decision]:  # noqa: ARG001
    """Return what each message says, given all that may have arrived about its slot."""
    return {one.id: Say(messages.decode(one.kind, one.payload)) for one in due}
