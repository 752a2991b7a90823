from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.delivery_state import DeliveryState
from ..models.noted import Noted

T = TypeVar("T", bound="BounceAnswer")


@_attrs_define
class BounceAnswer:
    """The delivery that has come back, as it stands now, and what was written down of the report.

    Attributes:
        delivery (UUID):
        state (DeliveryState): Where a delivery stands; only `pending` is not an end.
        noted (Noted): What was written down of a report.
        last_reason (None | str):
    """

    delivery: UUID
    state: DeliveryState
    noted: Noted
    last_reason: None | str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        delivery = str(self.delivery)

        state = self.state.value

        noted = self.noted.value

        last_reason: None | str
        last_reason = self.last_reason

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "delivery": delivery,
                "state": state,
                "noted": noted,
                "last_reason": last_reason,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        delivery = UUID(d.pop("delivery"))

        state = DeliveryState(d.pop("state"))

        noted = Noted(d.pop("noted"))

        def _parse_last_reason(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        last_reason = _parse_last_reason(d.pop("last_reason"))

        bounce_answer = cls(
            delivery=delivery,
            state=state,
            noted=noted,
            last_reason=last_reason,
        )

        bounce_answer.additional_properties = d
        return bounce_answer

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
