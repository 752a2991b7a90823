"""The description of each path and query parameter that its handler does not describe."""

_THINGS = {
    "alert_id": "alert",
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
    "action": "Only entries with this action.",
    "available": "`true` for slots that have a free seat and have not begun, `false` for all others.",
    "candidate": "Only those of the candidate with this ID.",
    "cause": "Only alerts with this cause.",
    "channel": "Only deliveries over the channel with this name.",
    "company": "Only jobs at this company, ignoring case.",
    "email": "Only the candidate with this address, ignoring case.",
    "from": "Only those that start at or after this time.",
    "interviewer": "Only slots of the interviewer with this address, ignoring case.",
    "invitation_state": "Only bookings whose invitation is in this state.",
    "job": "Only those of the job with this ID.",
    "kind": "Only messages of this kind, such as `invitation`.",
    "min_minutes": "Only slots of at least this length.",
    "q": "Only candidates whose name or address begins with this text, ignoring case.",
    "reason": "Only deliveries with this reason, such as `recipient_unknown`.",
    "schedule": "Only those about the booking with this ID.",
    "since": "Only those created at or after this time.",
    "state": "Only those in this state.",
    "subject": "Only entries about the resource with this ID.",
    "title": "Only jobs with this title, ignoring case.",
    "to": "Only those that start before this time.",
}
_OF_ONE = {
    (
        "list_slots",
        "job",
    ): "Only slots that can be used for the job with this ID: its own slots, and those for any job.",
    (
        "withdraw_slot",
        "cancel",
    ): "`true` also cancels the bookings of the slot. Without it, a slot with bookings is not withdrawn.",
}


def sentence_of(operation: str, name: str) -> str:
    """Return the description of a parameter; empty if there is none, which a test reports."""
    if name in _THINGS:
        return f"The ID of the {_THINGS[name]}."
    return _OF_ONE.get((operation, name)) or _SENTENCES.get(name, "")
