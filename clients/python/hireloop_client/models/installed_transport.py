from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="InstalledTransport")


@_attrs_define
class InstalledTransport:
    """A transport that an installed package offers.

    Attributes:
        name (str):
        package (str):
        version (str):
        error (None | str | Unset):
        hidden_by (None | str | Unset):
    """

    name: str
    package: str
    version: str
    error: None | str | Unset = UNSET
    hidden_by: None | str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        package = self.package

        version = self.version

        error: None | str | Unset
        if isinstance(self.error, Unset):
            error = UNSET
        else:
            error = self.error

        hidden_by: None | str | Unset
        if isinstance(self.hidden_by, Unset):
            hidden_by = UNSET
        else:
            hidden_by = self.hidden_by

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "name": name,
                "package": package,
                "version": version,
            }
        )
        if error is not UNSET:
            field_dict["error"] = error
        if hidden_by is not UNSET:
            field_dict["hidden_by"] = hidden_by

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        name = d.pop("name")

        package = d.pop("package")

        version = d.pop("version")

        def _parse_error(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        error = _parse_error(d.pop("error", UNSET))

        def _parse_hidden_by(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        hidden_by = _parse_hidden_by(d.pop("hidden_by", UNSET))

        installed_transport = cls(
            name=name,
            package=package,
            version=version,
            error=error,
            hidden_by=hidden_by,
        )

        installed_transport.additional_properties = d
        return installed_transport

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
