from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.ledger_answer_counts import LedgerAnswerCounts


T = TypeVar("T", bound="LedgerAnswer")


@_attrs_define
class LedgerAnswer:
    """The proof: deliveries by state, and what nobody accounts for.

    Attributes:
        counts (LedgerAnswerCounts):
        untold (int):
        overdue (int):
        unaccounted (int):
    """

    counts: LedgerAnswerCounts
    untold: int
    overdue: int
    unaccounted: int
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        counts = self.counts.to_dict()

        untold = self.untold

        overdue = self.overdue

        unaccounted = self.unaccounted

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "counts": counts,
                "untold": untold,
                "overdue": overdue,
                "unaccounted": unaccounted,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.ledger_answer_counts import LedgerAnswerCounts  # noqa: PLC0415

        d = dict(src_dict)
        counts = LedgerAnswerCounts.from_dict(d.pop("counts"))

        untold = d.pop("untold")

        overdue = d.pop("overdue")

        unaccounted = d.pop("unaccounted")

        ledger_answer = cls(
            counts=counts,
            untold=untold,
            overdue=overdue,
            unaccounted=unaccounted,
        )

        ledger_answer.additional_properties = d
        return ledger_answer

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
