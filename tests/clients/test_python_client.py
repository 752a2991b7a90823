"""The Python client's types: a default makes no field required, and a problem of tomorrow is no mistake."""

from datetime import UTC, datetime
from uuid import uuid4

from hireloop_client.models import BookSlotFields, CandidateFields, Problem, ReplayFields, SlotFields
from hireloop_client.types import UNSET


def test_what_has_a_default_may_be_left_out_of_a_request() -> None:
    now = datetime.now(UTC)
    assert set(SlotFields(starts_at=now, ends_at=now).to_dict()) >= {"starts_at", "ends_at"}
    assert CandidateFields(full_name="Asha Rao", email="asha@example.com").to_dict()["email"] == "asha@example.com"
    assert BookSlotFields(interview_id=uuid4()).to_dict().keys() >= {"interview_id"}
    assert ReplayFields().reason in {None, UNSET}


def test_a_problem_that_a_later_server_knows_is_read_as_any_other() -> None:
    told = {
        "type": "https://hire.example/problems/x",
        "code": "slot-on-the-moon",
        "title": "Conflict",
        "status": 409,
        "detail": "It is far away.",
        "orbit": 3,
    }
    problem = Problem.from_dict(told)
    assert (problem.code, problem.status, problem.detail) == ("slot-on-the-moon", 409, "It is far away.")
    assert problem.to_dict() == told
