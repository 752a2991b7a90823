from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.change import Change

if TYPE_CHECKING:
    from ..models.moved_answer import MovedAnswer


T = TypeVar("T", bound="ChangeAnswer")


@_attrs_define
class ChangeAnswer:
    """One change of a booking; `revision` is the one that the booking had afterwards.

    Attributes:
        at (datetime.datetime):
        change (Change): What was done to a booking, in its history.
        by (str):
        revision (int):
        reason (str):
        moved (MovedAnswer | None):
    """

    at: datetime.datetime
    change: Change
    by: str
    revision: int
    reason: str
    moved: MovedAnswer | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.moved_answer import MovedAnswer  # noqa: PLC0415

        at = self.at.isoformat()

        change = self.change.value

        by = self.by

        revision = self.revision

        reason = self.reason

        moved: dict[str, Any] | None
        if isinstance(self.moved, MovedAnswer):
            moved = self.moved.to_dict()
        else:
            moved = self.moved

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "at": at,
                "change": change,
                "by": by,
                "revision": revision,
                "reason": reason,
                "moved": moved,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.moved_answer import MovedAnswer  # noqa: PLC0415

        d = dict(src_dict)
        at = datetime.datetime.fromisoformat(d.pop("at"))

        change = Change(d.pop("change"))

        by = d.pop("by")

        revision = d.pop("revision")

        reason = d.pop("reason")

        def _parse_moved(data: object) -> MovedAnswer | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                moved_type_0 = MovedAnswer.from_dict(data)

                return moved_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(MovedAnswer | None, data)

        moved = _parse_moved(d.pop("moved"))

        change_answer = cls(
            at=at,
            change=change,
            by=by,
            revision=revision,
            reason=reason,
            moved=moved,
        )

        change_answer.additional_properties = d
        return change_answer

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
