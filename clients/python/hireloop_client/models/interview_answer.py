from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast
from uuid import UUID

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.interview_state import InterviewState

if TYPE_CHECKING:
    from ..models.invitation_answer import InvitationAnswer
    from ..models.schedule_answer import ScheduleAnswer


T = TypeVar("T", bound="InterviewAnswer")


@_attrs_define
class InterviewAnswer:
    """An interview; `started_at` and `ended_at` are its slot's times, once it is booked.

    Attributes:
        id (UUID):
        candidate (UUID):
        job (UUID):
        round_ (int):
        state (InterviewState): Where an interview stands.
        started_at (datetime.datetime | None):
        ended_at (datetime.datetime | None):
        created_at (datetime.datetime):
        session_key (None | str):
        portal_url (None | str):
        schedule (None | ScheduleAnswer):
        invitation (InvitationAnswer | None):
    """

    id: UUID
    candidate: UUID
    job: UUID
    round_: int
    state: InterviewState
    started_at: datetime.datetime | None
    ended_at: datetime.datetime | None
    created_at: datetime.datetime
    session_key: None | str
    portal_url: None | str
    schedule: None | ScheduleAnswer
    invitation: InvitationAnswer | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.invitation_answer import InvitationAnswer  # noqa: PLC0415
        from ..models.schedule_answer import ScheduleAnswer  # noqa: PLC0415

        id = str(self.id)

        candidate = str(self.candidate)

        job = str(self.job)

        round_ = self.round_

        state = self.state.value

        started_at: None | str
        if isinstance(self.started_at, datetime.datetime):
            started_at = self.started_at.isoformat()
        else:
            started_at = self.started_at

        ended_at: None | str
        if isinstance(self.ended_at, datetime.datetime):
            ended_at = self.ended_at.isoformat()
        else:
            ended_at = self.ended_at

        created_at = self.created_at.isoformat()

        session_key: None | str
        session_key = self.session_key

        portal_url: None | str
        portal_url = self.portal_url

        schedule: dict[str, Any] | None
        if isinstance(self.schedule, ScheduleAnswer):
            schedule = self.schedule.to_dict()
        else:
            schedule = self.schedule

        invitation: dict[str, Any] | None
        if isinstance(self.invitation, InvitationAnswer):
            invitation = self.invitation.to_dict()
        else:
            invitation = self.invitation

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "candidate": candidate,
                "job": job,
                "round": round_,
                "state": state,
                "started_at": started_at,
                "ended_at": ended_at,
                "created_at": created_at,
                "session_key": session_key,
                "portal_url": portal_url,
                "schedule": schedule,
                "invitation": invitation,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.invitation_answer import InvitationAnswer  # noqa: PLC0415
        from ..models.schedule_answer import ScheduleAnswer  # noqa: PLC0415

        d = dict(src_dict)
        id = UUID(d.pop("id"))

        candidate = UUID(d.pop("candidate"))

        job = UUID(d.pop("job"))

        round_ = d.pop("round")

        state = InterviewState(d.pop("state"))

        def _parse_started_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                started_at_type_0 = datetime.datetime.fromisoformat(data)

                return started_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        started_at = _parse_started_at(d.pop("started_at"))

        def _parse_ended_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                ended_at_type_0 = datetime.datetime.fromisoformat(data)

                return ended_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        ended_at = _parse_ended_at(d.pop("ended_at"))

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        def _parse_session_key(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        session_key = _parse_session_key(d.pop("session_key"))

        def _parse_portal_url(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        portal_url = _parse_portal_url(d.pop("portal_url"))

        def _parse_schedule(data: object) -> None | ScheduleAnswer:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                schedule_type_0 = ScheduleAnswer.from_dict(data)

                return schedule_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | ScheduleAnswer, data)

        schedule = _parse_schedule(d.pop("schedule"))

        def _parse_invitation(data: object) -> InvitationAnswer | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                invitation_type_0 = InvitationAnswer.from_dict(data)

                return invitation_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(InvitationAnswer | None, data)

        invitation = _parse_invitation(d.pop("invitation"))

        interview_answer = cls(
            id=id,
            candidate=candidate,
            job=job,
            round_=round_,
            state=state,
            started_at=started_at,
            ended_at=ended_at,
            created_at=created_at,
            session_key=session_key,
            portal_url=portal_url,
            schedule=schedule,
            invitation=invitation,
        )

        interview_answer.additional_properties = d
        return interview_answer

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
