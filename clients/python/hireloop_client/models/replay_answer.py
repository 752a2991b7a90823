from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.replay_answer_skipped import ReplayAnswerSkipped


T = TypeVar("T", bound="ReplayAnswer")


@_attrs_define
class ReplayAnswer:
    """What was replayed, or would be, and how many others were skipped and why.

    Attributes:
        dry_run (bool):
        replayed (int):
        skipped (ReplayAnswerSkipped):
        deliveries (list[UUID]):
        more (bool):
    """

    dry_run: bool
    replayed: int
    skipped: ReplayAnswerSkipped
    deliveries: list[UUID]
    more: bool
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        dry_run = self.dry_run

        replayed = self.replayed

        skipped = self.skipped.to_dict()

        deliveries = []
        for deliveries_item_data in self.deliveries:
            deliveries_item = str(deliveries_item_data)
            deliveries.append(deliveries_item)

        more = self.more

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "dry_run": dry_run,
                "replayed": replayed,
                "skipped": skipped,
                "deliveries": deliveries,
                "more": more,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.replay_answer_skipped import ReplayAnswerSkipped  # noqa: PLC0415

        d = dict(src_dict)
        dry_run = d.pop("dry_run")

        replayed = d.pop("replayed")

        skipped = ReplayAnswerSkipped.from_dict(d.pop("skipped"))

        deliveries = []
        _deliveries = d.pop("deliveries")
        for deliveries_item_data in _deliveries:
            deliveries_item = UUID(deliveries_item_data)

            deliveries.append(deliveries_item)

        more = d.pop("more")

        replay_answer = cls(
            dry_run=dry_run,
            replayed=replayed,
            skipped=skipped,
            deliveries=deliveries,
            more=more,
        )

        replay_answer.additional_properties = d
        return replay_answer

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
