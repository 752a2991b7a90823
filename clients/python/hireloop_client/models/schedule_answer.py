from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.schedule_state import ScheduleState

if TYPE_CHECKING:
    from ..models.change_answer import ChangeAnswer
    from ..models.invitation_answer import InvitationAnswer
    from ..models.session_answer import SessionAnswer


T = TypeVar("T", bound="ScheduleAnswer")


@_attrs_define
class ScheduleAnswer:
    """One interview placed on one slot.

    Attributes:
        id (UUID):
        interview (UUID):
        slot (UUID):
        state (ScheduleState): Where a booking stands; `pending` and `confirmed` are live.
        revision (int):
        booking_notes (str):
        starts_at (datetime.datetime):
        ends_at (datetime.datetime):
        booked_at (datetime.datetime):
        session (SessionAnswer): The candidate's access; key and link are null for whoever may only read.
        invitation (InvitationAnswer): Where the invitation of the current revision stands, and what this installation
            warns of.
        changes (list[ChangeAnswer]):
        trace_id (str):
        trace_url (None | str):
    """

    id: UUID
    interview: UUID
    slot: UUID
    state: ScheduleState
    revision: int
    booking_notes: str
    starts_at: datetime.datetime
    ends_at: datetime.datetime
    booked_at: datetime.datetime
    session: SessionAnswer
    invitation: InvitationAnswer
    changes: list[ChangeAnswer]
    trace_id: str
    trace_url: None | str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = str(self.id)

        interview = str(self.interview)

        slot = str(self.slot)

        state = self.state.value

        revision = self.revision

        booking_notes = self.booking_notes

        starts_at = self.starts_at.isoformat()

        ends_at = self.ends_at.isoformat()

        booked_at = self.booked_at.isoformat()

        session = self.session.to_dict()

        invitation = self.invitation.to_dict()

        changes = []
        for changes_item_data in self.changes:
            changes_item = changes_item_data.to_dict()
            changes.append(changes_item)

        trace_id = self.trace_id

        trace_url: None | str
        trace_url = self.trace_url

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "interview": interview,
                "slot": slot,
                "state": state,
                "revision": revision,
                "booking_notes": booking_notes,
                "starts_at": starts_at,
                "ends_at": ends_at,
                "booked_at": booked_at,
                "session": session,
                "invitation": invitation,
                "changes": changes,
                "trace_id": trace_id,
                "trace_url": trace_url,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.change_answer import ChangeAnswer  # noqa: PLC0415
        from ..models.invitation_answer import InvitationAnswer  # noqa: PLC0415
        from ..models.session_answer import SessionAnswer  # noqa: PLC0415

        d = dict(src_dict)
        id = UUID(d.pop("id"))

        interview = UUID(d.pop("interview"))

        slot = UUID(d.pop("slot"))

        state = ScheduleState(d.pop("state"))

        revision = d.pop("revision")

        booking_notes = d.pop("booking_notes")

        starts_at = datetime.datetime.fromisoformat(d.pop("starts_at"))

        ends_at = datetime.datetime.fromisoformat(d.pop("ends_at"))

        booked_at = datetime.datetime.fromisoformat(d.pop("booked_at"))

        session = SessionAnswer.from_dict(d.pop("session"))

        invitation = InvitationAnswer.from_dict(d.pop("invitation"))

        changes = []
        _changes = d.pop("changes")
        for changes_item_data in _changes:
            changes_item = ChangeAnswer.from_dict(changes_item_data)

            changes.append(changes_item)

        trace_id = d.pop("trace_id")

        def _parse_trace_url(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        trace_url = _parse_trace_url(d.pop("trace_url"))

        schedule_answer = cls(
            id=id,
            interview=interview,
            slot=slot,
            state=state,
            revision=revision,
            booking_notes=booking_notes,
            starts_at=starts_at,
            ends_at=ends_at,
            booked_at=booked_at,
            session=session,
            invitation=invitation,
            changes=changes,
            trace_id=trace_id,
            trace_url=trace_url,
        )

        schedule_answer.additional_properties = d
        return schedule_answer

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
