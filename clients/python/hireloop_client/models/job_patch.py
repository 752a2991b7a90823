from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="JobPatch")


@_attrs_define
class JobPatch:
    """What is to be otherwise about a job: what is left out stays, null empties what may be empty.

    Attributes:
        title (str | Unset):
        company (str | Unset):
        description (str | Unset):
        coding_language (str | Unset):
        recruiter_email (None | str | Unset):
        questions (list[str] | Unset):
    """

    title: str | Unset = UNSET
    company: str | Unset = UNSET
    description: str | Unset = UNSET
    coding_language: str | Unset = UNSET
    recruiter_email: None | str | Unset = UNSET
    questions: list[str] | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        title = self.title

        company = self.company

        description = self.description

        coding_language = self.coding_language

        recruiter_email: None | str | Unset
        if isinstance(self.recruiter_email, Unset):
            recruiter_email = UNSET
        else:
            recruiter_email = self.recruiter_email

        questions: list[str] | Unset = UNSET
        if not isinstance(self.questions, Unset):
            questions = self.questions

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if title is not UNSET:
            field_dict["title"] = title
        if company is not UNSET:
            field_dict["company"] = company
        if description is not UNSET:
            field_dict["description"] = description
        if coding_language is not UNSET:
            field_dict["coding_language"] = coding_language
        if recruiter_email is not UNSET:
            field_dict["recruiter_email"] = recruiter_email
        if questions is not UNSET:
            field_dict["questions"] = questions

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        title = d.pop("title", UNSET)

        company = d.pop("company", UNSET)

        description = d.pop("description", UNSET)

        coding_language = d.pop("coding_language", UNSET)

        def _parse_recruiter_email(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        recruiter_email = _parse_recruiter_email(d.pop("recruiter_email", UNSET))

        questions = cast(list[str], d.pop("questions", UNSET))

        job_patch = cls(
            title=title,
            company=company,
            description=description,
            coding_language=coding_language,
            recruiter_email=recruiter_email,
            questions=questions,
        )

        return job_patch
