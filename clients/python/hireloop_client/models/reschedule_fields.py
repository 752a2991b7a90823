from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar
from uuid import UUID

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="RescheduleFields")


@_attrs_define
class RescheduleFields:
    """To which slot a booking is moved, and why; the candidate reads it.

    Attributes:
        slot_id (UUID):
        reason (str | Unset):  Default: ''.
    """

    slot_id: UUID
    reason: str | Unset = ""

    def to_dict(self) -> dict[str, Any]:
        slot_id = str(self.slot_id)

        reason = self.reason

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "slot_id": slot_id,
            }
        )
        if reason is not UNSET:
            field_dict["reason"] = reason

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        slot_id = UUID(d.pop("slot_id"))

        reason = d.pop("reason", UNSET)

        reschedule_fields = cls(
            slot_id=slot_id,
            reason=reason,
        )

        return reschedule_fields
