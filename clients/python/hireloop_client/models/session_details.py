from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.session_state import SessionState

if TYPE_CHECKING:
    from ..models.session_details_device_check_type_0 import (
        SessionDetailsDeviceCheckType0,
    )


T = TypeVar("T", bound="SessionDetails")


@_attrs_define
class SessionDetails:
    """The window, the device check, entry and end of one session.

    Attributes:
        id (UUID):
        schedule (UUID):
        interview (UUID):
        state (SessionState): Where a session stands, as the API names it.
        key_version (int):
        opens_at (datetime.datetime):
        closes_at (datetime.datetime):
        device_check (None | SessionDetailsDeviceCheckType0):
        entered_at (datetime.datetime | None):
        left_at (datetime.datetime | None):
        revoked_at (datetime.datetime | None):
    """

    id: UUID
    schedule: UUID
    interview: UUID
    state: SessionState
    key_version: int
    opens_at: datetime.datetime
    closes_at: datetime.datetime
    device_check: None | SessionDetailsDeviceCheckType0
    entered_at: datetime.datetime | None
    left_at: datetime.datetime | None
    revoked_at: datetime.datetime | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.session_details_device_check_type_0 import (
            SessionDetailsDeviceCheckType0,  # noqa: PLC0415
        )

        id = str(self.id)

        schedule = str(self.schedule)

        interview = str(self.interview)

        state = self.state.value

        key_version = self.key_version

        opens_at = self.opens_at.isoformat()

        closes_at = self.closes_at.isoformat()

        device_check: dict[str, Any] | None
        if isinstance(self.device_check, SessionDetailsDeviceCheckType0):
            device_check = self.device_check.to_dict()
        else:
            device_check = self.device_check

        entered_at: None | str
        if isinstance(self.entered_at, datetime.datetime):
            entered_at = self.entered_at.isoformat()
        else:
            entered_at = self.entered_at

        left_at: None | str
        if isinstance(self.left_at, datetime.datetime):
            left_at = self.left_at.isoformat()
        else:
            left_at = self.left_at

        revoked_at: None | str
        if isinstance(self.revoked_at, datetime.datetime):
            revoked_at = self.revoked_at.isoformat()
        else:
            revoked_at = self.revoked_at

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "schedule": schedule,
                "interview": interview,
                "state": state,
                "key_version": key_version,
                "opens_at": opens_at,
                "closes_at": closes_at,
                "device_check": device_check,
                "entered_at": entered_at,
                "left_at": left_at,
                "revoked_at": revoked_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.session_details_device_check_type_0 import (
            SessionDetailsDeviceCheckType0,  # noqa: PLC0415
        )

        d = dict(src_dict)
        id = UUID(d.pop("id"))

        schedule = UUID(d.pop("schedule"))

        interview = UUID(d.pop("interview"))

        state = SessionState(d.pop("state"))

        key_version = d.pop("key_version")

        opens_at = datetime.datetime.fromisoformat(d.pop("opens_at"))

        closes_at = datetime.datetime.fromisoformat(d.pop("closes_at"))

        def _parse_device_check(data: object) -> None | SessionDetailsDeviceCheckType0:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                device_check_type_0 = SessionDetailsDeviceCheckType0.from_dict(data)

                return device_check_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | SessionDetailsDeviceCheckType0, data)

        device_check = _parse_device_check(d.pop("device_check"))

        def _parse_entered_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                entered_at_type_0 = datetime.datetime.fromisoformat(data)

                return entered_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        entered_at = _parse_entered_at(d.pop("entered_at"))

        def _parse_left_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                left_at_type_0 = datetime.datetime.fromisoformat(data)

                return left_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        left_at = _parse_left_at(d.pop("left_at"))

        def _parse_revoked_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                revoked_at_type_0 = datetime.datetime.fromisoformat(data)

                return revoked_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        revoked_at = _parse_revoked_at(d.pop("revoked_at"))

        session_details = cls(
            id=id,
            schedule=schedule,
            interview=interview,
            state=state,
            key_version=key_version,
            opens_at=opens_at,
            closes_at=closes_at,
            device_check=device_check,
            entered_at=entered_at,
            left_at=left_at,
            revoked_at=revoked_at,
        )

        session_details.additional_properties = d
        return session_details

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
