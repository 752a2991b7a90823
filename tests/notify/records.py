"""What is on record of a delivery."""

from uuid import UUID

from hireloop import db
from hireloop.notify.deliveries import deliveries
from hireloop.notify.deliveries.deliveries import DeliveryView
from sample_channels import EMAIL


async def view(delivery: UUID) -> DeliveryView:
    return (await deliveries.find(delivery, [EMAIL]))[0]


async def state_of(delivery: UUID) -> tuple[str, str | None]:
    """Return where a delivery stands, and its last reason."""
    row = await db.fetch_row("SELECT state, last_reason FROM delivery WHERE id = $1", delivery)
    assert row is not None
    return row["state"], row["last_reason"]
