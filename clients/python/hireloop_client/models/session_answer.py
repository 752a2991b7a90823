from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.session_state import SessionState

T = TypeVar("T", bound="SessionAnswer")


@_attrs_define
class SessionAnswer:
    """The candidate's access; key and link are null for whoever may only read.

    Attributes:
        id (UUID):
        session_key (None | str):
        portal_url (None | str):
        opens_at (datetime.datetime):
        closes_at (datetime.datetime):
        state (SessionState): Where a session stands, as the API names it.
    """

    id: UUID
    session_key: None | str
    portal_url: None | str
    opens_at: datetime.datetime
    closes_at: datetime.datetime
    state: SessionState
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = str(self.id)

        session_key: None | str
        session_key = self.session_key

        portal_url: None | str
        portal_url = self.portal_url

        opens_at = self.opens_at.isoformat()

        closes_at = self.closes_at.isoformat()

        state = self.state.value

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "session_key": session_key,
                "portal_url": portal_url,
                "opens_at": opens_at,
                "closes_at": closes_at,
                "state": state,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = UUID(d.pop("id"))

        def _parse_session_key(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        session_key = _parse_session_key(d.pop("session_key"))

        def _parse_portal_url(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        portal_url = _parse_portal_url(d.pop("portal_url"))

        opens_at = datetime.datetime.fromisoformat(d.pop("opens_at"))

        closes_at = datetime.datetime.fromisoformat(d.pop("closes_at"))

        state = SessionState(d.pop("state"))

        session_answer = cls(
            id=id,
            session_key=session_key,
            portal_url=portal_url,
            opens_at=opens_at,
            closes_at=closes_at,
            state=state,
        )

        session_answer.additional_properties = d
        return session_answer

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
