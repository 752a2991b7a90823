from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.channel_answer import ChannelAnswer
    from ..models.installed_transport import InstalledTransport


T = TypeVar("T", bound="ChannelsAnswer")


@_attrs_define
class ChannelsAnswer:
    """All channels on one page, and the transports that are installed beside this API.

    Attributes:
        items (list[ChannelAnswer]):
        transports (list[InstalledTransport]):
        next_ (None | Unset):
    """

    items: list[ChannelAnswer]
    transports: list[InstalledTransport]
    next_: None | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        items = []
        for items_item_data in self.items:
            items_item = items_item_data.to_dict()
            items.append(items_item)

        transports = []
        for transports_item_data in self.transports:
            transports_item = transports_item_data.to_dict()
            transports.append(transports_item)

        next_ = self.next_

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "items": items,
                "transports": transports,
            }
        )
        if next_ is not UNSET:
            field_dict["next"] = next_

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.channel_answer import ChannelAnswer  # noqa: PLC0415
        from ..models.installed_transport import InstalledTransport  # noqa: PLC0415

        d = dict(src_dict)
        items = []
        _items = d.pop("items")
        for items_item_data in _items:
            items_item = ChannelAnswer.from_dict(items_item_data)

            items.append(items_item)

        transports = []
        _transports = d.pop("transports")
        for transports_item_data in _transports:
            transports_item = InstalledTransport.from_dict(transports_item_data)

            transports.append(transports_item)

        next_ = d.pop("next", UNSET)

        channels_answer = cls(
            items=items,
            transports=transports,
            next_=next_,
        )

        channels_answer.additional_properties = d
        return channels_answer

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
