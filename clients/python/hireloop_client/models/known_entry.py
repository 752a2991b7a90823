from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.action import Action

if TYPE_CHECKING:
    from ..models.known_entry_details import KnownEntryDetails


T = TypeVar("T", bound="KnownEntry")


@_attrs_define
class KnownEntry:
    """A stored entry, as an admin reads it.

    Attributes:
        id (UUID):
        at (datetime.datetime):
        action (Action): What somebody did, as `<subject>.<verb>`.
        subject (UUID):
        candidate (None | UUID):
        actor (str):
        actor_key (None | UUID):
        details (KnownEntryDetails):
        trace_id (str):
    """

    id: UUID
    at: datetime.datetime
    action: Action
    subject: UUID
    candidate: None | UUID
    actor: str
    actor_key: None | UUID
    details: KnownEntryDetails
    trace_id: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = str(self.id)

        at = self.at.isoformat()

        action = self.action.value

        subject = str(self.subject)

        candidate: None | str
        if isinstance(self.candidate, UUID):
            candidate = str(self.candidate)
        else:
            candidate = self.candidate

        actor = self.actor

        actor_key: None | str
        if isinstance(self.actor_key, UUID):
            actor_key = str(self.actor_key)
        else:
            actor_key = self.actor_key

        details = self.details.to_dict()

        trace_id = self.trace_id

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "at": at,
                "action": action,
                "subject": subject,
                "candidate": candidate,
                "actor": actor,
                "actor_key": actor_key,
                "details": details,
                "trace_id": trace_id,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.known_entry_details import KnownEntryDetails  # noqa: PLC0415

        d = dict(src_dict)
        id = UUID(d.pop("id"))

        at = datetime.datetime.fromisoformat(d.pop("at"))

        action = Action(d.pop("action"))

        subject = UUID(d.pop("subject"))

        def _parse_candidate(data: object) -> None | UUID:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                candidate_type_0 = UUID(data)

                return candidate_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | UUID, data)

        candidate = _parse_candidate(d.pop("candidate"))

        actor = d.pop("actor")

        def _parse_actor_key(data: object) -> None | UUID:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                actor_key_type_0 = UUID(data)

                return actor_key_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | UUID, data)

        actor_key = _parse_actor_key(d.pop("actor_key"))

        details = KnownEntryDetails.from_dict(d.pop("details"))

        trace_id = d.pop("trace_id")

        known_entry = cls(
            id=id,
            at=at,
            action=action,
            subject=subject,
            candidate=candidate,
            actor=actor,
            actor_key=actor_key,
            details=details,
            trace_id=trace_id,
        )

        known_entry.additional_properties = d
        return known_entry

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
