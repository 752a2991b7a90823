from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar
from uuid import UUID

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="BookSlotFields")


@_attrs_define
class BookSlotFields:
    """Which interview is booked into this slot.

    Attributes:
        interview_id (UUID):
        booking_notes (str | Unset):  Default: ''.
    """

    interview_id: UUID
    booking_notes: str | Unset = ""

    def to_dict(self) -> dict[str, Any]:
        interview_id = str(self.interview_id)

        booking_notes = self.booking_notes

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "interview_id": interview_id,
            }
        )
        if booking_notes is not UNSET:
            field_dict["booking_notes"] = booking_notes

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        interview_id = UUID(d.pop("interview_id"))

        booking_notes = d.pop("booking_notes", UNSET)

        book_slot_fields = cls(
            interview_id=interview_id,
            booking_notes=booking_notes,
        )

        return book_slot_fields
