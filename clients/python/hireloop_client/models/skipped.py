from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.omission import Omission

T = TypeVar("T", bound="Skipped")


@_attrs_define
class Skipped:
    """A time that the rule names and that did not become a slot: on the wall clock, why, and the slot in its way.

    Attributes:
        starts_at_local (str):
        reason (Omission): Why an occurrence of a rule did not become a slot.
        detail (str):
        slot (None | UUID):
    """

    starts_at_local: str
    reason: Omission
    detail: str
    slot: None | UUID
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        starts_at_local = self.starts_at_local

        reason = self.reason.value

        detail = self.detail

        slot: None | str
        if isinstance(self.slot, UUID):
            slot = str(self.slot)
        else:
            slot = self.slot

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "starts_at_local": starts_at_local,
                "reason": reason,
                "detail": detail,
                "slot": slot,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        starts_at_local = d.pop("starts_at_local")

        reason = Omission(d.pop("reason"))

        detail = d.pop("detail")

        def _parse_slot(data: object) -> None | UUID:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                slot_type_0 = UUID(data)

                return slot_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | UUID, data)

        slot = _parse_slot(d.pop("slot"))

        skipped = cls(
            starts_at_local=starts_at_local,
            reason=reason,
            detail=detail,
            slot=slot,
        )

        skipped.additional_properties = d
        return skipped

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
