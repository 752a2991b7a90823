from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="KnownCandidate")


@_attrs_define
class KnownCandidate:
    """A stored candidate.

    Attributes:
        id (UUID):
        full_name (str):
        email (str):
        time_zone (None | str):
        locale (None | str):
        phone (str):
        resume_text (str):
        created_at (datetime.datetime):
    """

    id: UUID
    full_name: str
    email: str
    time_zone: None | str
    locale: None | str
    phone: str
    resume_text: str
    created_at: datetime.datetime
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = str(self.id)

        full_name = self.full_name

        email = self.email

        time_zone: None | str
        time_zone = self.time_zone

        locale: None | str
        locale = self.locale

        phone = self.phone

        resume_text = self.resume_text

        created_at = self.created_at.isoformat()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "full_name": full_name,
                "email": email,
                "time_zone": time_zone,
                "locale": locale,
                "phone": phone,
                "resume_text": resume_text,
                "created_at": created_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = UUID(d.pop("id"))

        full_name = d.pop("full_name")

        email = d.pop("email")

        def _parse_time_zone(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        time_zone = _parse_time_zone(d.pop("time_zone"))

        def _parse_locale(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        locale = _parse_locale(d.pop("locale"))

        phone = d.pop("phone")

        resume_text = d.pop("resume_text")

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        known_candidate = cls(
            id=id,
            full_name=full_name,
            email=email,
            time_zone=time_zone,
            locale=locale,
            phone=phone,
            resume_text=resume_text,
            created_at=created_at,
        )

        known_candidate.additional_properties = d
        return known_candidate

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
