from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.doubled import Doubled
    from ..models.known_slot import KnownSlot
    from ..models.skipped import Skipped


T = TypeVar("T", bound="SeriesAnswer")


@_attrs_define
class SeriesAnswer:
    """The slots that were created, what was skipped and why, and which of those created the clocks show twice.

    Attributes:
        created (list[KnownSlot]):
        skipped (list[Skipped]):
        doubled (list[Doubled]):
    """

    created: list[KnownSlot]
    skipped: list[Skipped]
    doubled: list[Doubled]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        created = []
        for created_item_data in self.created:
            created_item = created_item_data.to_dict()
            created.append(created_item)

        skipped = []
        for skipped_item_data in self.skipped:
            skipped_item = skipped_item_data.to_dict()
            skipped.append(skipped_item)

        doubled = []
        for doubled_item_data in self.doubled:
            doubled_item = doubled_item_data.to_dict()
            doubled.append(doubled_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "created": created,
                "skipped": skipped,
                "doubled": doubled,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.doubled import Doubled  # noqa: PLC0415
        from ..models.known_slot import KnownSlot  # noqa: PLC0415
        from ..models.skipped import Skipped  # noqa: PLC0415

        d = dict(src_dict)
        created = []
        _created = d.pop("created")
        for created_item_data in _created:
            created_item = KnownSlot.from_dict(created_item_data)

            created.append(created_item)

        skipped = []
        _skipped = d.pop("skipped")
        for skipped_item_data in _skipped:
            skipped_item = Skipped.from_dict(skipped_item_data)

            skipped.append(skipped_item)

        doubled = []
        _doubled = d.pop("doubled")
        for doubled_item_data in _doubled:
            doubled_item = Doubled.from_dict(doubled_item_data)

            doubled.append(doubled_item)

        series_answer = cls(
            created=created,
            skipped=skipped,
            doubled=doubled,
        )

        series_answer.additional_properties = d
        return series_answer

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
