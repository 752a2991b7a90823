from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.channel_state import ChannelState

if TYPE_CHECKING:
    from ..models.fallback_answer import FallbackAnswer


T = TypeVar("T", bound="ChannelAnswer")


@_attrs_define
class ChannelAnswer:
    """A channel, what goes over it, and what holds it, if anything does.

    Attributes:
        name (str):
        transport (str):
        state (ChannelState): Whether deliveries go out over a channel.
        reason (None | str):
        since (datetime.datetime | None):
        fallback (FallbackAnswer | None):
        required (bool):
        kinds (list[str]):
    """

    name: str
    transport: str
    state: ChannelState
    reason: None | str
    since: datetime.datetime | None
    fallback: FallbackAnswer | None
    required: bool
    kinds: list[str]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.fallback_answer import FallbackAnswer  # noqa: PLC0415

        name = self.name

        transport = self.transport

        state = self.state.value

        reason: None | str
        reason = self.reason

        since: None | str
        if isinstance(self.since, datetime.datetime):
            since = self.since.isoformat()
        else:
            since = self.since

        fallback: dict[str, Any] | None
        if isinstance(self.fallback, FallbackAnswer):
            fallback = self.fallback.to_dict()
        else:
            fallback = self.fallback

        required = self.required

        kinds = self.kinds

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "name": name,
                "transport": transport,
                "state": state,
                "reason": reason,
                "since": since,
                "fallback": fallback,
                "required": required,
                "kinds": kinds,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.fallback_answer import FallbackAnswer  # noqa: PLC0415

        d = dict(src_dict)
        name = d.pop("name")

        transport = d.pop("transport")

        state = ChannelState(d.pop("state"))

        def _parse_reason(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        reason = _parse_reason(d.pop("reason"))

        def _parse_since(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                since_type_0 = datetime.datetime.fromisoformat(data)

                return since_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        since = _parse_since(d.pop("since"))

        def _parse_fallback(data: object) -> FallbackAnswer | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                fallback_type_0 = FallbackAnswer.from_dict(data)

                return fallback_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(FallbackAnswer | None, data)

        fallback = _parse_fallback(d.pop("fallback"))

        required = d.pop("required")

        kinds = cast(list[str], d.pop("kinds"))

        channel_answer = cls(
            name=name,
            transport=transport,
            state=state,
            reason=reason,
            since=since,
            fallback=fallback,
            required=required,
            kinds=kinds,
        )

        channel_answer.additional_properties = d
        return channel_answer

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
