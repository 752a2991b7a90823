from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.invitation_state import InvitationState

if TYPE_CHECKING:
    from ..models.delivery_summary import DeliverySummary


T = TypeVar("T", bound="InvitationAnswer")


@_attrs_define
class InvitationAnswer:
    """Where the invitation of the current revision stands, and what this installation warns of.

    Attributes:
        state (InvitationState): Where the invitation of a booking's current revision stands.
        warnings (list[str]):
        deliveries (list[DeliverySummary]):
    """

    state: InvitationState
    warnings: list[str]
    deliveries: list[DeliverySummary]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        state = self.state.value

        warnings = self.warnings

        deliveries = []
        for deliveries_item_data in self.deliveries:
            deliveries_item = deliveries_item_data.to_dict()
            deliveries.append(deliveries_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "state": state,
                "warnings": warnings,
                "deliveries": deliveries,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.delivery_summary import DeliverySummary  # noqa: PLC0415

        d = dict(src_dict)
        state = InvitationState(d.pop("state"))

        warnings = cast(list[str], d.pop("warnings"))

        deliveries = []
        _deliveries = d.pop("deliveries")
        for deliveries_item_data in _deliveries:
            deliveries_item = DeliverySummary.from_dict(deliveries_item_data)

            deliveries.append(deliveries_item)

        invitation_answer = cls(
            state=state,
            warnings=warnings,
            deliveries=deliveries,
        )

        invitation_answer.additional_properties = d
        return invitation_answer

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
