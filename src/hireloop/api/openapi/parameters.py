"""What each parameter of a path or a query means, in a sentence, where the handler does not say so itself."""

_THINGS = {
    "candidate_id": "candidate",
    "delivery_id": "delivery",
    "interview_id": "interview",
    "job_id": "job",
    "key_id": "API key",
    "schedule_id": "booking",
    "session_id": "session",
    "slot_id": "slot",
}
_SENTENCES = {
    "action": "Only what was done so.",
    "available": "`true` for slots with a free seat that have not begun, `false` for the others.",
    "candidate": "Only those of this candidate, by id.",
    "channel": "Only what goes over the channel of this name.",
    "company": "Only jobs at the company of this name; upper and lower case are the same.",
    "email": "Only the candidate with this address; upper and lower case are the same.",
    "from": "Only what starts at this time or later.",
    "interviewer": "Only slots of the interviewer with this address; upper and lower case are the same.",
    "invitation_state": "Only bookings whose invitation stands so.",
    "job": "Only those of this job, by id.",
    "kind": "Only messages of this kind, such as `invitation`.",
    "min_minutes": "Only slots of at least this length.",
    "q": "Only candidates whose name or address begins so; upper and lower case are the same.",
    "reason": "Only what failed for this reason, a slug.",
    "since": "Only what is from this time or later.",
    "state": "Only those in this state.",
    "subject": "Only what was done to the thing of this id.",
    "title": "Only jobs with this title; upper and lower case are the same.",
    "to": "Only what starts before this time.",
}
_OF_ONE = {
    ("list_slots", "job"): "Only slots that serve this job, by id: its own, and those for any.",
    ("withdraw_slot", "cancel"): "`true` cancels what is booked into the slot; else a slot in use stays.",
}


def sentence_of(operation: str, name: str) -> str:
    """Return what a parameter of an operation means; empty where nobody has said, which a test finds."""
    if name in _THINGS:
        return f"The id of the {_THINGS[name]}."
    return _OF_ONE.get((operation, name)) or _SENTENCES.get(name, "")
