from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.attempt_outcome import AttemptOutcome

T = TypeVar("T", bound="AttemptView")


@_attrs_define
class AttemptView:
    """One try, with the other side's own words.

    Attributes:
        number (int):
        route (str):
        started_at (datetime.datetime):
        finished_at (datetime.datetime | None):
        outcome (AttemptOutcome | None):
        maybe_accepted (bool):
        reason (None | str):
        phase (None | str):
        code (int | None):
        enhanced_code (None | str):
        reply (None | str):
        worker (str):
        trace_id (None | str):
        span_id (None | str):
    """

    number: int
    route: str
    started_at: datetime.datetime
    finished_at: datetime.datetime | None
    outcome: AttemptOutcome | None
    maybe_accepted: bool
    reason: None | str
    phase: None | str
    code: int | None
    enhanced_code: None | str
    reply: None | str
    worker: str
    trace_id: None | str
    span_id: None | str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        number = self.number

        route = self.route

        started_at = self.started_at.isoformat()

        finished_at: None | str
        if isinstance(self.finished_at, datetime.datetime):
            finished_at = self.finished_at.isoformat()
        else:
            finished_at = self.finished_at

        outcome: None | str
        if isinstance(self.outcome, AttemptOutcome):
            outcome = self.outcome.value
        else:
            outcome = self.outcome

        maybe_accepted = self.maybe_accepted

        reason: None | str
        reason = self.reason

        phase: None | str
        phase = self.phase

        code: int | None
        code = self.code

        enhanced_code: None | str
        enhanced_code = self.enhanced_code

        reply: None | str
        reply = self.reply

        worker = self.worker

        trace_id: None | str
        trace_id = self.trace_id

        span_id: None | str
        span_id = self.span_id

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "number": number,
                "route": route,
                "started_at": started_at,
                "finished_at": finished_at,
                "outcome": outcome,
                "maybe_accepted": maybe_accepted,
                "reason": reason,
                "phase": phase,
                "code": code,
                "enhanced_code": enhanced_code,
                "reply": reply,
                "worker": worker,
                "trace_id": trace_id,
                "span_id": span_id,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        number = d.pop("number")

        route = d.pop("route")

        started_at = datetime.datetime.fromisoformat(d.pop("started_at"))

        def _parse_finished_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                finished_at_type_0 = datetime.datetime.fromisoformat(data)

                return finished_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        finished_at = _parse_finished_at(d.pop("finished_at"))

        def _parse_outcome(data: object) -> AttemptOutcome | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                outcome_type_0 = AttemptOutcome(data)

                return outcome_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(AttemptOutcome | None, data)

        outcome = _parse_outcome(d.pop("outcome"))

        maybe_accepted = d.pop("maybe_accepted")

        def _parse_reason(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        reason = _parse_reason(d.pop("reason"))

        def _parse_phase(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        phase = _parse_phase(d.pop("phase"))

        def _parse_code(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        code = _parse_code(d.pop("code"))

        def _parse_enhanced_code(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        enhanced_code = _parse_enhanced_code(d.pop("enhanced_code"))

        def _parse_reply(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        reply = _parse_reply(d.pop("reply"))

        worker = d.pop("worker")

        def _parse_trace_id(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        trace_id = _parse_trace_id(d.pop("trace_id"))

        def _parse_span_id(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        span_id = _parse_span_id(d.pop("span_id"))

        attempt_view = cls(
            number=number,
            route=route,
            started_at=started_at,
            finished_at=finished_at,
            outcome=outcome,
            maybe_accepted=maybe_accepted,
            reason=reason,
            phase=phase,
            code=code,
            enhanced_code=enhanced_code,
            reply=reply,
            worker=worker,
            trace_id=trace_id,
            span_id=span_id,
        )

        attempt_view.additional_properties = d
        return attempt_view

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
