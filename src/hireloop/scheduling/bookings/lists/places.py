"""Where a list goes on: behind an entry as it was listed, even if that has moved or is gone since. Pure."""

from datetime import UTC, datetime
from uuid import UUID

import msgspec


class ListPlace(msgspec.Struct, frozen=True, kw_only=True):
    """A place in a list in the order of time: the time of its last entry, and which one it is."""

    at: datetime
    id: UUID

    def __str__(self) -> str:
        """Return it as an address holds it: `<time>~<id>`."""
        return f"{self.at.isoformat()}~{self.id}"


def place_of(text: str | None) -> ListPlace | None:
    """Return the place in an address, None for any other text: the list then begins anew."""
    at, _, ident = (text or "").partition("~")
    try:
        place = msgspec.convert({"at": at, "id": ident}, ListPlace)
        in_utc = place.at.astimezone(UTC)  # as the database compares it: the first day of the calendar may have none
    except (msgspec.ValidationError, OverflowError):
        return None
    return ListPlace(at=in_utc, id=place.id) if place.at.tzinfo is not None else None
