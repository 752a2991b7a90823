from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.delivery_state import DeliveryState

T = TypeVar("T", bound="DeliverySummary")


@_attrs_define
class DeliverySummary:
    """A delivery as a booking shows it; the recipient's address is masked.

    Attributes:
        id (UUID):
        channel (str):
        recipient (str):
        kind (str):
        state (DeliveryState): Where a delivery stands; only `pending` is not an end.
        attempt_count (int):
        next_attempt_at (datetime.datetime | None):
        last_reason (None | str):
        last_reply (None | str):
    """

    id: UUID
    channel: str
    recipient: str
    kind: str
    state: DeliveryState
    attempt_count: int
    next_attempt_at: datetime.datetime | None
    last_reason: None | str
    last_reply: None | str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = str(self.id)

        channel = self.channel

        recipient = self.recipient

        kind = self.kind

        state = self.state.value

        attempt_count = self.attempt_count

        next_attempt_at: None | str
        if isinstance(self.next_attempt_at, datetime.datetime):
            next_attempt_at = self.next_attempt_at.isoformat()
        else:
            next_attempt_at = self.next_attempt_at

        last_reason: None | str
        last_reason = self.last_reason

        last_reply: None | str
        last_reply = self.last_reply

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "channel": channel,
                "recipient": recipient,
                "kind": kind,
                "state": state,
                "attempt_count": attempt_count,
                "next_attempt_at": next_attempt_at,
                "last_reason": last_reason,
                "last_reply": last_reply,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = UUID(d.pop("id"))

        channel = d.pop("channel")

        recipient = d.pop("recipient")

        kind = d.pop("kind")

        state = DeliveryState(d.pop("state"))

        attempt_count = d.pop("attempt_count")

        def _parse_next_attempt_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                next_attempt_at_type_0 = datetime.datetime.fromisoformat(data)

                return next_attempt_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        next_attempt_at = _parse_next_attempt_at(d.pop("next_attempt_at"))

        def _parse_last_reason(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        last_reason = _parse_last_reason(d.pop("last_reason"))

        def _parse_last_reply(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        last_reply = _parse_last_reply(d.pop("last_reply"))

        delivery_summary = cls(
            id=id,
            channel=channel,
            recipient=recipient,
            kind=kind,
            state=state,
            attempt_count=attempt_count,
            next_attempt_at=next_attempt_at,
            last_reason=last_reason,
            last_reply=last_reply,
        )

        delivery_summary.additional_properties = d
        return delivery_summary

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
