"""A slot as the API answers it."""

import msgspec

from hireloop.scheduling.slots.slots import KnownSlot
from hireloop.web.context import Door


def view_slot(door: Door, slot: KnownSlot) -> KnownSlot:
    """Return the slot with its times as the installation shows them."""
    return msgspec.structs.replace(
        slot,
        starts_at=door.local(slot.starts_at),
        ends_at=door.local(slot.ends_at),
        withdrawn_at=door.local_or_none(slot.withdrawn_at),
        created_at=door.local(slot.created_at),
    )
