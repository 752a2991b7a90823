from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar
from uuid import UUID

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="InterviewPatch")


@_attrs_define
class InterviewPatch:
    """What is to be otherwise about an interview: what is left out stays.

    The last four are here to say where they are changed: a booking sets them.

    Attributes:
        candidate (UUID | Unset):
        job (UUID | Unset):
        round_ (int | Unset):
    """

    candidate: UUID | Unset = UNSET
    job: UUID | Unset = UNSET
    round_: int | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        candidate: str | Unset = UNSET
        if not isinstance(self.candidate, Unset):
            candidate = str(self.candidate)

        job: str | Unset = UNSET
        if not isinstance(self.job, Unset):
            job = str(self.job)

        round_ = self.round_

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if candidate is not UNSET:
            field_dict["candidate"] = candidate
        if job is not UNSET:
            field_dict["job"] = job
        if round_ is not UNSET:
            field_dict["round"] = round_

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        _candidate = d.pop("candidate", UNSET)
        candidate: UUID | Unset
        if isinstance(_candidate, Unset):
            candidate = UNSET
        else:
            candidate = UUID(_candidate)

        _job = d.pop("job", UNSET)
        job: UUID | Unset
        if isinstance(_job, Unset):
            job = UNSET
        else:
            job = UUID(_job)

        round_ = d.pop("round", UNSET)

        interview_patch = cls(
            candidate=candidate,
            job=job,
            round_=round_,
        )

        return interview_patch
