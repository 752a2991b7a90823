from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.known_slot import KnownSlot


T = TypeVar("T", bound="Released")


@_attrs_define
class Released:
    """A slot after its release, and how many bookings were cancelled by it.

    Attributes:
        slot (KnownSlot): A stored slot.
        cancelled (int):
    """

    slot: KnownSlot
    cancelled: int
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        slot = self.slot.to_dict()

        cancelled = self.cancelled

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "slot": slot,
                "cancelled": cancelled,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.known_slot import KnownSlot  # noqa: PLC0415

        d = dict(src_dict)
        slot = KnownSlot.from_dict(d.pop("slot"))

        cancelled = d.pop("cancelled")

        released = cls(
            slot=slot,
            cancelled=cancelled,
        )

        released.additional_properties = d
        return released

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
