"""A slot as the API answers it."""

import msgspec

from hireloop.scheduling.slots.slots import SlotDetails
from hireloop.web.context import Context


def view_slot(context: Context, slot: SlotDetails) -> SlotDetails:
    """Return the slot with its times as the installation shows them."""
    return msgspec.structs.replace(
        slot,
        starts_at=context.local(slot.starts_at),
        ends_at=context.local(slot.ends_at),
        withdrawn_at=context.local_or_none(slot.withdrawn_at),
        created_at=context.local(slot.created_at),
    )
