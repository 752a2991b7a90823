"""What schemathesis is told beside the document: loaded by `schemathesis run` over SCHEMATHESIS_HOOKS.

Ids of things that were answered are put into requests, so that most of them are about something that is there, and
every problem must be one that the document lists.
"""

import json
import os
import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

import schemathesis
from hypothesis import strategies as st
from schemathesis import Case, CheckContext, HookContext, Response, SerializationContext

_OWN_KEY = os.environ.get("FUZZ_KEY_ID", "")  # revoking it would end the trial
_OFTEN = 0.8
_MOST_KEPT = 50
# Where a thing of this tag is named: in paths, in bodies, in queries.
_NAMES = {
    "candidates": {"candidate_id", "candidate"},
    "jobs": {"job_id", "job"},
    "interviews": {"interview_id"},
    "slots": {"slot_id"},
    "schedules": {"schedule_id"},
    "sessions": {"session_id"},
    "notifications": {"delivery_id"},
    "keys": {"key_id"},
}
_RULES = (
    "FREQ=DAILY;COUNT=3",
    "FREQ=WEEKLY;BYDAY=MO,TU,WE;COUNT=5",
    "FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=2",
    "RRULE:FREQ=DAILY;COUNT=3\r\nEXDATE;VALUE=DATE:20261224\r\n",
)
_known: dict[str, list[str]] = {}


@schemathesis.serializer("message/rfc822")
def a_mail(context: SerializationContext, value: object) -> bytes:  # noqa: ARG001 (the serializer's own)
    """Send a report as it is."""
    return value if isinstance(value, bytes) else str(value).encode()


schemathesis.openapi.format(
    "idn-email", st.from_regex(r"[a-zß+]{1,9}(\.[a-z]{1,5})?@[a-zäж]{1,9}\.example", fullmatch=True)
)
schemathesis.openapi.format("phone-number", st.from_regex(r"(\+49 ?30 ?[1-9][0-9]{5,6})?", fullmatch=True))
schemathesis.openapi.format("bcp-47-locale", st.sampled_from(["en", "en-IN", "de_DE", "pt-br", "zh-Hant-TW", ""]))
schemathesis.openapi.format("coding-language", st.sampled_from(["python", "C++", "Golang", "c#", ""]))
schemathesis.openapi.format("iana-time-zone", st.sampled_from(sorted(available_timezones() - {"Factory", "localtime"})))


@schemathesis.hook
def before_call(context: HookContext, case: Case[Any], kwargs: dict[str, Any]) -> None:  # noqa: ARG001 (the hook's own)
    """Name things that are there."""
    chance = random.Random(case.id)  # noqa: S311 (no secret)
    for names in (case.path_parameters, case.query, case.body):
        if isinstance(names, dict):
            for name, value in names.items():
                if name in _known and _is_id(value) and chance.random() < _OFTEN:
                    names[name] = chance.choice(_known[name])
    if isinstance(case.body, dict) and chance.random() < _OFTEN:
        _make_sense(case.operation.label, case.body, chance)
    headers: Any = case.headers or {}
    if "If-Match" in headers and chance.random() < _OFTEN:
        headers["If-Match"] = "*"  # else no change would ever be made
    if "Idempotency-Key" in headers and chance.random() < _OFTEN:
        headers["Idempotency-Key"] = f"fuzz-{case.id}"  # else most requests would repeat another one
    if _OWN_KEY and (case.path_parameters or {}).get("key_id") == _OWN_KEY and case.method.upper() == "DELETE":
        case.path_parameters["key_id"] = str(UUID(int=chance.getrandbits(128), version=4))


@schemathesis.hook
def after_call(context: HookContext, case: Case[Any], response: Response) -> None:  # noqa: ARG001 (the hook's own)
    """Remember what is there."""
    if response.status_code not in {200, 201} or "json" not in response.headers.get("content-type", [""])[0]:
        return
    answered = response.json()
    tag = (case.operation.definition.raw.get("tags") or [""])[0]
    for one in answered.get("items", [answered]) if isinstance(answered, dict) else []:
        if isinstance(one, dict) and tag != "audit":
            _remember(_NAMES.get(tag, set()), one.get("id"))
            if tag == "schedules":
                _remember({"session_id"}, one["session"]["id"])
                for delivery in one["invitation"]["deliveries"]:
                    _remember({"delivery_id"}, delivery["id"])


@schemathesis.check
def problem_is_documented(ctx: CheckContext, response: Response, case: Case[Any]) -> None:  # noqa: ARG001 (the check's own)
    """A problem is one of those that its operation lists for this status."""
    if response.headers.get("content-type", [""])[0] != "application/problem+json":
        return
    answers = case.operation.definition.raw["responses"]
    answer = answers.get(str(response.status_code))
    if answer is None:
        return  # another check's business
    while "$ref" in answer:
        answer = case.operation.schema.raw_schema["components"]["responses"][answer["$ref"].rsplit("/", 1)[1]]
    listed = answer["content"]["application/problem+json"]["examples"]
    slug = json.loads(response.content)["code"]
    assert slug in listed, f"{slug} is not among {sorted(listed)}"


def _make_sense(operation: str, body: dict[str, Any], chance: random.Random) -> None:
    """Replace what is right by itself by what is right together, too: an end after its start, a rule of some days."""
    if operation == "POST /api/interviews/slots/" and {"starts_at", "ends_at"} <= body.keys():
        starts_at = datetime.now(UTC) + timedelta(minutes=chance.randrange(60, 60 * 24 * 60))
        ends_at = starts_at + timedelta(minutes=chance.randrange(15, 120))
        body |= {"starts_at": starts_at.isoformat(), "ends_at": ends_at.isoformat(), "job": None}  # for any interview
    if operation == "POST /api/interviews/slots/create_recurring/" and {"rule", "starts_at_local"} <= body.keys():
        starts_at = datetime.now(UTC) + timedelta(days=chance.randrange(1, 60))
        body |= {"rule": chance.choice(_RULES), "starts_at_local": starts_at.strftime("%Y-%m-%dT%H:%M:%S")}
        body["until"] = chance.choice([None, "2999-12-31"])


def _remember(names: set[str], ident: object) -> None:
    if not isinstance(ident, str):
        return
    for name in names:
        kept = _known.setdefault(name, [])
        if ident not in kept:
            kept.append(ident)
            del kept[:-_MOST_KEPT]


def _is_id(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(UUID(value))
    except ValueError:
        return False
