from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="MovedAnswer")


@_attrs_define
class MovedAnswer:
    """From where to where a booking was moved.

    Attributes:
        from_slot (UUID):
        from_starts_at (datetime.datetime):
        to_slot (UUID):
        to_starts_at (datetime.datetime):
    """

    from_slot: UUID
    from_starts_at: datetime.datetime
    to_slot: UUID
    to_starts_at: datetime.datetime
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from_slot = str(self.from_slot)

        from_starts_at = self.from_starts_at.isoformat()

        to_slot = str(self.to_slot)

        to_starts_at = self.to_starts_at.isoformat()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "from_slot": from_slot,
                "from_starts_at": from_starts_at,
                "to_slot": to_slot,
                "to_starts_at": to_starts_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        from_slot = UUID(d.pop("from_slot"))

        from_starts_at = datetime.datetime.fromisoformat(d.pop("from_starts_at"))

        to_slot = UUID(d.pop("to_slot"))

        to_starts_at = datetime.datetime.fromisoformat(d.pop("to_starts_at"))

        moved_answer = cls(
            from_slot=from_slot,
            from_starts_at=from_starts_at,
            to_slot=to_slot,
            to_starts_at=to_starts_at,
        )

        moved_answer.additional_properties = d
        return moved_answer

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
