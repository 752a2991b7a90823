from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="KnownJob")


@_attrs_define
class KnownJob:
    """A stored job.

    Attributes:
        id (UUID):
        title (str):
        company (str):
        description (str):
        coding_language (str):
        recruiter_email (None | str):
        questions (list[str]):
        created_at (datetime.datetime):
    """

    id: UUID
    title: str
    company: str
    description: str
    coding_language: str
    recruiter_email: None | str
    questions: list[str]
    created_at: datetime.datetime
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = str(self.id)

        title = self.title

        company = self.company

        description = self.description

        coding_language = self.coding_language

        recruiter_email: None | str
        recruiter_email = self.recruiter_email

        questions = self.questions

        created_at = self.created_at.isoformat()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "title": title,
                "company": company,
                "description": description,
                "coding_language": coding_language,
                "recruiter_email": recruiter_email,
                "questions": questions,
                "created_at": created_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = UUID(d.pop("id"))

        title = d.pop("title")

        company = d.pop("company")

        description = d.pop("description")

        coding_language = d.pop("coding_language")

        def _parse_recruiter_email(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        recruiter_email = _parse_recruiter_email(d.pop("recruiter_email"))

        questions = cast(list[str], d.pop("questions"))

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        known_job = cls(
            id=id,
            title=title,
            company=company,
            description=description,
            coding_language=coding_language,
            recruiter_email=recruiter_email,
            questions=questions,
            created_at=created_at,
        )

        known_job.additional_properties = d
        return known_job

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
