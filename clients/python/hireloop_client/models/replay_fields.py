from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

from ..models.delivery_state import DeliveryState
from ..types import UNSET, Unset

T = TypeVar("T", bound="ReplayFields")


@_attrs_define
class ReplayFields:
    """Which deliveries are to be replayed: at least one of the first five narrows them.

    Attributes:
        reason (None | str | Unset):
        state (DeliveryState | None | Unset):
        channel (None | str | Unset):
        kind (None | str | Unset):
        since (datetime.datetime | None | Unset):
        dry_run (bool | Unset):  Default: False.
        limit (int | Unset):  Default: 1000.
    """

    reason: None | str | Unset = UNSET
    state: DeliveryState | None | Unset = UNSET
    channel: None | str | Unset = UNSET
    kind: None | str | Unset = UNSET
    since: datetime.datetime | None | Unset = UNSET
    dry_run: bool | Unset = False
    limit: int | Unset = 1000

    def to_dict(self) -> dict[str, Any]:
        reason: None | str | Unset
        if isinstance(self.reason, Unset):
            reason = UNSET
        else:
            reason = self.reason

        state: None | str | Unset
        if isinstance(self.state, Unset):
            state = UNSET
        elif isinstance(self.state, DeliveryState):
            state = self.state.value
        else:
            state = self.state

        channel: None | str | Unset
        if isinstance(self.channel, Unset):
            channel = UNSET
        else:
            channel = self.channel

        kind: None | str | Unset
        if isinstance(self.kind, Unset):
            kind = UNSET
        else:
            kind = self.kind

        since: None | str | Unset
        if isinstance(self.since, Unset):
            since = UNSET
        elif isinstance(self.since, datetime.datetime):
            since = self.since.isoformat()
        else:
            since = self.since

        dry_run = self.dry_run

        limit = self.limit

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if reason is not UNSET:
            field_dict["reason"] = reason
        if state is not UNSET:
            field_dict["state"] = state
        if channel is not UNSET:
            field_dict["channel"] = channel
        if kind is not UNSET:
            field_dict["kind"] = kind
        if since is not UNSET:
            field_dict["since"] = since
        if dry_run is not UNSET:
            field_dict["dry_run"] = dry_run
        if limit is not UNSET:
            field_dict["limit"] = limit

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)

        def _parse_reason(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        reason = _parse_reason(d.pop("reason", UNSET))

        def _parse_state(data: object) -> DeliveryState | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                state_type_0 = DeliveryState(data)

                return state_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(DeliveryState | None | Unset, data)

        state = _parse_state(d.pop("state", UNSET))

        def _parse_channel(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        channel = _parse_channel(d.pop("channel", UNSET))

        def _parse_kind(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        kind = _parse_kind(d.pop("kind", UNSET))

        def _parse_since(data: object) -> datetime.datetime | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                since_type_0 = datetime.datetime.fromisoformat(data)

                return since_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None | Unset, data)

        since = _parse_since(d.pop("since", UNSET))

        dry_run = d.pop("dry_run", UNSET)

        limit = d.pop("limit", UNSET)

        replay_fields = cls(
            reason=reason,
            state=state,
            channel=channel,
            kind=kind,
            since=since,
            dry_run=dry_run,
            limit=limit,
        )

        return replay_fields
