from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="CandidateFields")


@_attrs_define
class CandidateFields:
    """A candidate as a frontend sends them.

    Attributes:
        full_name (str):
        email (str):
        time_zone (None | str | Unset):
        locale (None | str | Unset):
        phone (str | Unset):
        resume_text (str | Unset):
    """

    full_name: str
    email: str
    time_zone: None | str | Unset = UNSET
    locale: None | str | Unset = UNSET
    phone: str | Unset = UNSET
    resume_text: str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        full_name = self.full_name

        email = self.email

        time_zone: None | str | Unset
        if isinstance(self.time_zone, Unset):
            time_zone = UNSET
        else:
            time_zone = self.time_zone

        locale: None | str | Unset
        if isinstance(self.locale, Unset):
            locale = UNSET
        else:
            locale = self.locale

        phone = self.phone

        resume_text = self.resume_text

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "full_name": full_name,
                "email": email,
            }
        )
        if time_zone is not UNSET:
            field_dict["time_zone"] = time_zone
        if locale is not UNSET:
            field_dict["locale"] = locale
        if phone is not UNSET:
            field_dict["phone"] = phone
        if resume_text is not UNSET:
            field_dict["resume_text"] = resume_text

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        full_name = d.pop("full_name")

        email = d.pop("email")

        def _parse_time_zone(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        time_zone = _parse_time_zone(d.pop("time_zone", UNSET))

        def _parse_locale(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        locale = _parse_locale(d.pop("locale", UNSET))

        phone = d.pop("phone", UNSET)

        resume_text = d.pop("resume_text", UNSET)

        candidate_fields = cls(
            full_name=full_name,
            email=email,
            time_zone=time_zone,
            locale=locale,
            phone=phone,
            resume_text=resume_text,
        )

        return candidate_fields
