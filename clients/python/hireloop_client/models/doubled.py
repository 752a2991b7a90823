from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="Doubled")


@_attrs_define
class Doubled:
    """A time that the clocks show twice, and the moment that was taken.

    Attributes:
        starts_at_local (str):
        starts_at (datetime.datetime):
        detail (str):
    """

    starts_at_local: str
    starts_at: datetime.datetime
    detail: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        starts_at_local = self.starts_at_local

        starts_at = self.starts_at.isoformat()

        detail = self.detail

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "starts_at_local": starts_at_local,
                "starts_at": starts_at,
                "detail": detail,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        starts_at_local = d.pop("starts_at_local")

        starts_at = datetime.datetime.fromisoformat(d.pop("starts_at"))

        detail = d.pop("detail")

        doubled = cls(
            starts_at_local=starts_at_local,
            starts_at=starts_at,
            detail=detail,
        )

        doubled.additional_properties = d
        return doubled

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
