from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="KnownSlot")


@_attrs_define
class KnownSlot:
    """A stored slot.

    Attributes:
        id (UUID):
        starts_at (datetime.datetime):
        ends_at (datetime.datetime):
        seats (int):
        taken (int):
        interviewer_email (None | str):
        job (None | UUID):
        notes (str):
        withdrawn_at (datetime.datetime | None):
        created_at (datetime.datetime):
    """

    id: UUID
    starts_at: datetime.datetime
    ends_at: datetime.datetime
    seats: int
    taken: int
    interviewer_email: None | str
    job: None | UUID
    notes: str
    withdrawn_at: datetime.datetime | None
    created_at: datetime.datetime
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = str(self.id)

        starts_at = self.starts_at.isoformat()

        ends_at = self.ends_at.isoformat()

        seats = self.seats

        taken = self.taken

        interviewer_email: None | str
        interviewer_email = self.interviewer_email

        job: None | str
        if isinstance(self.job, UUID):
            job = str(self.job)
        else:
            job = self.job

        notes = self.notes

        withdrawn_at: None | str
        if isinstance(self.withdrawn_at, datetime.datetime):
            withdrawn_at = self.withdrawn_at.isoformat()
        else:
            withdrawn_at = self.withdrawn_at

        created_at = self.created_at.isoformat()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "starts_at": starts_at,
                "ends_at": ends_at,
                "seats": seats,
                "taken": taken,
                "interviewer_email": interviewer_email,
                "job": job,
                "notes": notes,
                "withdrawn_at": withdrawn_at,
                "created_at": created_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = UUID(d.pop("id"))

        starts_at = datetime.datetime.fromisoformat(d.pop("starts_at"))

        ends_at = datetime.datetime.fromisoformat(d.pop("ends_at"))

        seats = d.pop("seats")

        taken = d.pop("taken")

        def _parse_interviewer_email(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        interviewer_email = _parse_interviewer_email(d.pop("interviewer_email"))

        def _parse_job(data: object) -> None | UUID:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                job_type_0 = UUID(data)

                return job_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | UUID, data)

        job = _parse_job(d.pop("job"))

        notes = d.pop("notes")

        def _parse_withdrawn_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                withdrawn_at_type_0 = datetime.datetime.fromisoformat(data)

                return withdrawn_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        withdrawn_at = _parse_withdrawn_at(d.pop("withdrawn_at"))

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        known_slot = cls(
            id=id,
            starts_at=starts_at,
            ends_at=ends_at,
            seats=seats,
            taken=taken,
            interviewer_email=interviewer_email,
            job=job,
            notes=notes,
            withdrawn_at=withdrawn_at,
            created_at=created_at,
        )

        known_slot.additional_properties = d
        return known_slot

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
