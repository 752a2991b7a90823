"""The operations that a client can call next with values from a response, as OpenAPI links."""

from collections.abc import Sequence
from typing import Any

from hireloop.api.alerts import AlertWithDeliveries
from hireloop.api.deliveries import DeliveryWithAttempts
from hireloop.api.interviews import InterviewResponse
from hireloop.api.keys import NewKeyResponse
from hireloop.api.openapi.operations import DescribedOperation
from hireloop.api.sessions import SessionDetails
from hireloop.api.slots import ReleaseResponse
from hireloop.scheduling.people.candidates import CandidateDetails
from hireloop.scheduling.people.jobs import JobDetails
from hireloop.scheduling.slots.slots import SlotDetails
from hireloop.web.bookings.response import ScheduleResponse

# Where a response of this type has the ID that a parameter of another operation takes, as a JSON pointer.
_IDS: dict[Any, dict[str, str]] = {
    CandidateDetails: {"candidate_id": "/id"},
    JobDetails: {"job_id": "/id"},
    InterviewResponse: {"interview_id": "/id"},
    SlotDetails: {"slot_id": "/id"},
    ReleaseResponse: {"slot_id": "/slot/id"},
    ScheduleResponse: {
        "schedule_id": "/id",
        "session_id": "/session/id",
        "delivery_id": "/invitation/deliveries/0/id",
    },
    SessionDetails: {"session_id": "/id"},
    DeliveryWithAttempts: {"delivery_id": "/id"},
    AlertWithDeliveries: {"alert_id": "/id"},
    NewKeyResponse: {"key_id": "/id"},
}
# Bodies that take such an id, too.
_IN_BODIES = {
    "book_slot": ("interview_id",),
    "book_interview": ("interview_id", "slot_id"),
    "reschedule": ("slot_id",),
}


def names_one_thing(response: Any) -> bool:  # noqa: ANN401 (types, as values)
    """Return whether a response of this type is one thing that can be read again."""
    return response in _IDS


def links_of(operation: DescribedOperation, every: Sequence[DescribedOperation]) -> dict[str, Any]:
    """Return the links of an operation that changes something, by the name of the operation that each leads to."""
    if operation.method not in {"post", "patch"}:
        return {}
    ids = _IDS.get(operation.response, {})
    return {one.name: link for one in every if (link := _link(one, ids)) is not None}


def _link(to: DescribedOperation, ids: dict[str, str]) -> dict[str, Any] | None:
    parameters = {
        f"path.{one.name}": _at(ids[one.name]) for one in to.parameters if one.place == "path" and one.name in ids
    }
    body = {name: _at(ids[name]) for name in _IN_BODIES.get(to.name, ()) if name in ids}
    if not parameters and not body:
        return None
    return {
        "operationId": to.name,
        "description": to.prose.split("\n", 1)[0],
        **({"parameters": parameters} if parameters else {}),
        **({"requestBody": body} if body else {}),
    }


def _at(pointer: str) -> str:
    return f"$response.body#{pointer}"
