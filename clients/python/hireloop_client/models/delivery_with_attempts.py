from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.delivery_state import DeliveryState

if TYPE_CHECKING:
    from ..models.attempt_view import AttemptView


T = TypeVar("T", bound="DeliveryWithAttempts")


@_attrs_define
class DeliveryWithAttempts:
    """A delivery with every try.

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
        schedule (None | UUID):
        revision (int):
        required (bool):
        tries (int):
        deadline_at (datetime.datetime):
        at_risk_at (datetime.datetime | None):
        sent_at (datetime.datetime | None):
        bounced_at (datetime.datetime | None):
        message_id (str):
        created_at (datetime.datetime):
        trace_id (str):
        attempts (list[AttemptView]):
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
    schedule: None | UUID
    revision: int
    required: bool
    tries: int
    deadline_at: datetime.datetime
    at_risk_at: datetime.datetime | None
    sent_at: datetime.datetime | None
    bounced_at: datetime.datetime | None
    message_id: str
    created_at: datetime.datetime
    trace_id: str
    attempts: list[AttemptView]
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

        schedule: None | str
        if isinstance(self.schedule, UUID):
            schedule = str(self.schedule)
        else:
            schedule = self.schedule

        revision = self.revision

        required = self.required

        tries = self.tries

        deadline_at = self.deadline_at.isoformat()

        at_risk_at: None | str
        if isinstance(self.at_risk_at, datetime.datetime):
            at_risk_at = self.at_risk_at.isoformat()
        else:
            at_risk_at = self.at_risk_at

        sent_at: None | str
        if isinstance(self.sent_at, datetime.datetime):
            sent_at = self.sent_at.isoformat()
        else:
            sent_at = self.sent_at

        bounced_at: None | str
        if isinstance(self.bounced_at, datetime.datetime):
            bounced_at = self.bounced_at.isoformat()
        else:
            bounced_at = self.bounced_at

        message_id = self.message_id

        created_at = self.created_at.isoformat()

        trace_id = self.trace_id

        attempts = []
        for attempts_item_data in self.attempts:
            attempts_item = attempts_item_data.to_dict()
            attempts.append(attempts_item)

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
                "schedule": schedule,
                "revision": revision,
                "required": required,
                "tries": tries,
                "deadline_at": deadline_at,
                "at_risk_at": at_risk_at,
                "sent_at": sent_at,
                "bounced_at": bounced_at,
                "message_id": message_id,
                "created_at": created_at,
                "trace_id": trace_id,
                "attempts": attempts,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.attempt_view import AttemptView  # noqa: PLC0415

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

        def _parse_schedule(data: object) -> None | UUID:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                schedule_type_0 = UUID(data)

                return schedule_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | UUID, data)

        schedule = _parse_schedule(d.pop("schedule"))

        revision = d.pop("revision")

        required = d.pop("required")

        tries = d.pop("tries")

        deadline_at = datetime.datetime.fromisoformat(d.pop("deadline_at"))

        def _parse_at_risk_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                at_risk_at_type_0 = datetime.datetime.fromisoformat(data)

                return at_risk_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        at_risk_at = _parse_at_risk_at(d.pop("at_risk_at"))

        def _parse_sent_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                sent_at_type_0 = datetime.datetime.fromisoformat(data)

                return sent_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        sent_at = _parse_sent_at(d.pop("sent_at"))

        def _parse_bounced_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                bounced_at_type_0 = datetime.datetime.fromisoformat(data)

                return bounced_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        bounced_at = _parse_bounced_at(d.pop("bounced_at"))

        message_id = d.pop("message_id")

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        trace_id = d.pop("trace_id")

        attempts = []
        _attempts = d.pop("attempts")
        for attempts_item_data in _attempts:
            attempts_item = AttemptView.from_dict(attempts_item_data)

            attempts.append(attempts_item)

        delivery_with_attempts = cls(
            id=id,
            channel=channel,
            recipient=recipient,
            kind=kind,
            state=state,
            attempt_count=attempt_count,
            next_attempt_at=next_attempt_at,
            last_reason=last_reason,
            last_reply=last_reply,
            schedule=schedule,
            revision=revision,
            required=required,
            tries=tries,
            deadline_at=deadline_at,
            at_risk_at=at_risk_at,
            sent_at=sent_at,
            bounced_at=bounced_at,
            message_id=message_id,
            created_at=created_at,
            trace_id=trace_id,
            attempts=attempts,
        )

        delivery_with_attempts.additional_properties = d
        return delivery_with_attempts

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
