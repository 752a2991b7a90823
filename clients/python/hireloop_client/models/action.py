from enum import StrEnum


class Action(StrEnum):
    CANDIDATE_CHANGED = "candidate.changed"
    CANDIDATE_CREATED = "candidate.created"
    CANDIDATE_ERASED = "candidate.erased"
    DELIVERY_REPLAYED = "delivery.replayed"
    INTERVIEW_CANCELLED = "interview.cancelled"
    INTERVIEW_CHANGED = "interview.changed"
    INTERVIEW_COMPLETED = "interview.completed"
    INTERVIEW_CREATED = "interview.created"
    INTERVIEW_MISSED = "interview.missed"
    JOB_CHANGED = "job.changed"
    JOB_CREATED = "job.created"
    KEY_CREATED = "key.created"
    KEY_REVOKED = "key.revoked"
    SCHEDULE_BOOKED = "schedule.booked"
    SCHEDULE_CANCELLED = "schedule.cancelled"
    SCHEDULE_CONFIRMED = "schedule.confirmed"
    SCHEDULE_RESCHEDULED = "schedule.rescheduled"
    SESSION_ENTERED = "session.entered"
    SESSION_REISSUED = "session.reissued"
    SESSION_REVOKED = "session.revoked"
    SLOT_CHANGED = "slot.changed"
    SLOT_CREATED = "slot.created"
    SLOT_WITHDRAWN = "slot.withdrawn"

    def __str__(self) -> str:
        return str(self.value)
