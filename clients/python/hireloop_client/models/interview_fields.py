from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from attrs import define as _attrs_define

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.candidate_fields import CandidateFields
    from ..models.job_fields import JobFields


T = TypeVar("T", bound="InterviewFields")


@_attrs_define
class InterviewFields:
    """An interview as a frontend sends it: candidate and job by id, or as objects to create in the same call.

    Attributes:
        candidate (CandidateFields | UUID):
        job (JobFields | UUID):
        round_ (int | Unset):  Default: 1.
    """

    candidate: CandidateFields | UUID
    job: JobFields | UUID
    round_: int | Unset = 1

    def to_dict(self) -> dict[str, Any]:
        candidate: dict[str, Any] | str
        if isinstance(self.candidate, UUID):
            candidate = str(self.candidate)
        else:
            candidate = self.candidate.to_dict()

        job: dict[str, Any] | str
        if isinstance(self.job, UUID):
            job = str(self.job)
        else:
            job = self.job.to_dict()

        round_ = self.round_

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "candidate": candidate,
                "job": job,
            }
        )
        if round_ is not UNSET:
            field_dict["round"] = round_

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.candidate_fields import CandidateFields  # noqa: PLC0415
        from ..models.job_fields import JobFields  # noqa: PLC0415

        d = dict(src_dict)

        def _parse_candidate(data: object) -> CandidateFields | UUID:
            try:
                if not isinstance(data, str):
                    raise TypeError()
                candidate_type_0 = UUID(data)

                return candidate_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            if not isinstance(data, dict):
                raise TypeError()
            candidate_type_1 = CandidateFields.from_dict(data)

            return candidate_type_1

        candidate = _parse_candidate(d.pop("candidate"))

        def _parse_job(data: object) -> JobFields | UUID:
            try:
                if not isinstance(data, str):
                    raise TypeError()
                job_type_0 = UUID(data)

                return job_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            if not isinstance(data, dict):
                raise TypeError()
            job_type_1 = JobFields.from_dict(data)

            return job_type_1

        job = _parse_job(d.pop("job"))

        round_ = d.pop("round", UNSET)

        interview_fields = cls(
            candidate=candidate,
            job=job,
            round_=round_,
        )

        return interview_fields
