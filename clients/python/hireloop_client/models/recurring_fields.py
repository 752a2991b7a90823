from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="RecurringFields")


@_attrs_define
class RecurringFields:
    """A recurrence rule and what its slots have in common, as a frontend sends them.

    Attributes:
        rule (str):
        time_zone (str):
        starts_at_local (str):
        duration_minutes (int):
        exclude (list[datetime.date] | Unset):
        seats (int | Unset):  Default: 1.
        interviewer_email (None | str | Unset):
        job (None | Unset | UUID):
        notes (str | Unset):  Default: ''.
    """

    rule: str
    time_zone: str
    starts_at_local: str
    duration_minutes: int
    exclude: list[datetime.date] | Unset = UNSET
    seats: int | Unset = 1
    interviewer_email: None | str | Unset = UNSET
    job: None | Unset | UUID = UNSET
    notes: str | Unset = ""

    def to_dict(self) -> dict[str, Any]:
        rule = self.rule

        time_zone = self.time_zone

        starts_at_local = self.starts_at_local

        duration_minutes = self.duration_minutes

        exclude: list[str] | Unset = UNSET
        if not isinstance(self.exclude, Unset):
            exclude = []
            for exclude_item_data in self.exclude:
                exclude_item = exclude_item_data.isoformat()
                exclude.append(exclude_item)

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

        field_dict.update(
            {
                "rule": rule,
                "time_zone": time_zone,
                "starts_at_local": starts_at_local,
                "duration_minutes": duration_minutes,
            }
        )
        if exclude is not UNSET:
            field_dict["exclude"] = exclude
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
        rule = d.pop("rule")

        time_zone = d.pop("time_zone")

        starts_at_local = d.pop("starts_at_local")

        duration_minutes = d.pop("duration_minutes")

        _exclude = d.pop("exclude", UNSET)
        exclude: list[datetime.date] | Unset = UNSET
        if _exclude is not UNSET:
            exclude = []
            for exclude_item_data in _exclude:
                exclude_item = datetime.date.fromisoformat(exclude_item_data)

                exclude.append(exclude_item)

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

        recurring_fields = cls(
            rule=rule,
            time_zone=time_zone,
            starts_at_local=starts_at_local,
            duration_minutes=duration_minutes,
            exclude=exclude,
            seats=seats,
            interviewer_email=interviewer_email,
            job=job,
            notes=notes,
        )

        return recurring_fields
