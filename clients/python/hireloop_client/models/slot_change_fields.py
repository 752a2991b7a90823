from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="SlotChangeFields")


@_attrs_define
class SlotChangeFields:
    """What is to become of a slot; what is not sent stays.

    Attributes:
        starts_at (datetime.datetime | Unset): RFC 3339 with an offset
        ends_at (datetime.datetime | Unset): RFC 3339 with an offset
        seats (int | Unset):
        interviewer_email (None | str | Unset):
        job (None | Unset | UUID):
        notes (str | Unset):
    """

    starts_at: datetime.datetime | Unset = UNSET
    ends_at: datetime.datetime | Unset = UNSET
    seats: int | Unset = UNSET
    interviewer_email: None | str | Unset = UNSET
    job: None | Unset | UUID = UNSET
    notes: str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        starts_at: str | Unset = UNSET
        if not isinstance(self.starts_at, Unset):
            starts_at = self.starts_at.isoformat()

        ends_at: str | Unset = UNSET
        if not isinstance(self.ends_at, Unset):
            ends_at = self.ends_at.isoformat()

        seats = self.seats

        interviewer_email: None | str | Unset
        if isinstance(self.interviewer_email, Unset):
            interviewer_email = UNSET
        else:
            interviewer_email = self.interviewer_email

        job: None | str | Unset
        if isinstance(self.job, Unset):
            job = UNSET
        elif isinstance(self.job, UUID):
            job = str(self.job)
        else:
            job = self.job

        notes = self.notes

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if starts_at is not UNSET:
            field_dict["starts_at"] = starts_at
        if ends_at is not UNSET:
            field_dict["ends_at"] = ends_at
        if seats is not UNSET:
            field_dict["seats"] = seats
        if interviewer_email is not UNSET:
            field_dict["interviewer_email"] = interviewer_email
        if job is not UNSET:
            field_dict["job"] = job
        if notes is not UNSET:
            field_dict["notes"] = notes

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        _starts_at = d.pop("starts_at", UNSET)
        starts_at: datetime.datetime | Unset
        if isinstance(_starts_at, Unset):
            starts_at = UNSET
        else:
            starts_at = datetime.datetime.fromisoformat(_starts_at)

        _ends_at = d.pop("ends_at", UNSET)
        ends_at: datetime.datetime | Unset
        if isinstance(_ends_at, Unset):
            ends_at = UNSET
        else:
            ends_at = datetime.datetime.fromisoformat(_ends_at)

        seats = d.pop("seats", UNSET)

        def _parse_interviewer_email(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        interviewer_email = _parse_interviewer_email(d.pop("interviewer_email", UNSET))

        def _parse_job(data: object) -> None | Unset | UUID:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                job_type_0 = UUID(data)

                return job_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | Unset | UUID, data)

        job = _parse_job(d.pop("job", UNSET))

        notes = d.pop("notes", UNSET)

        slot_change_fields = cls(
            starts_at=starts_at,
            ends_at=ends_at,
            seats=seats,
            interviewer_email=interviewer_email,
            job=job,
            notes=notes,
        )

        return slot_change_fields
