import json
import re
from collections.abc import Iterator
from difflib import unified_diff
from typing import Any

import httpx
import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute
from openapi_spec_validator import validate

import openapi_file
from api.documented import Documented
from hireloop import app
from hireloop.api.openapi import document
from hireloop.notify.messages import KNOWN_KINDS, PARTY_KINDS
from hireloop.web import problems
from sample_settings import settings_for

# What is said to candidates in the portal, or where nothing more special is known.
NOT_SAID_BY_THE_API = {
    "change-too-late",
    "too-many-changes",
    "too-many-presses",
    "refused",
    "limit-reached",
    "database-not-ready",
}
JSON = "application/json"


@pytest.fixture(scope="module")
def built() -> Litestar:
    """The application, which needs no database to describe itself."""
    return app.build(settings_for("postgresql:///nowhere"))


async def test_the_document_is_served(user: httpx.AsyncClient, documented: Documented) -> None:
    answered = await user.get("/schema/openapi.json")
    assert answered.status_code == 200
    assert answered.headers["content-type"] == "application/vnd.oai.openapi+json"
    assert answered.json() == documented.document


def contents(documented: Documented) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every body that is described, of requests and of answers, and where."""
    bodies = {**documented.webhooks, **{name: it[2] for name, it in documented.every_operation.items()}}
    for name, operation in bodies.items():
        for kind, content in operation.get("requestBody", {}).get("content", {}).items():
            yield f"{name} takes {kind}", content
        for status, answer in operation["responses"].items():
            for kind, content in documented.resolved(answer).get("content", {}).items():
                if not kind.startswith("text/"):  # a page for people
                    yield f"{name} answers {status} {kind}", content


def slugs(documented: Documented, name: str, status: str) -> set[str]:
    """Return the types of problem that an operation may answer with this status."""
    answers = documented.operations[name][2]["responses"]
    if status not in answers:
        return set()
    return set(documented.resolved(answers[status])["content"][problems.MEDIA_TYPE]["examples"])


def test_the_document_is_valid_openapi_3_1(documented: Documented) -> None:
    validate(documented.document)
    assert documented.document["openapi"].startswith("3.1.")
    assert documented.document["info"]["title"] == "HireLoop"


def test_every_operation_says_what_it_does_under_a_name_of_its_own(documented: Documented) -> None:
    items = documented.document["paths"].values()
    assert len(documented.every_operation) == sum(len(item) for item in items) > 40
    tags = {tag["name"]: tag["description"] for tag in documented.document["tags"]}
    for name, (_, path, operation) in documented.every_operation.items():
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*", name)
        assert operation["summary"], name
        assert len(operation["description"]) > 20, name
        assert tags[operation["tags"][0]], name
        placeholders = {part["name"] for part in operation["parameters"] if part.get("in") == "path"}
        assert placeholders == set(re.findall(r"{(\w+)}", path)), name
        unsaid = [part["name"] for part in operation["parameters"] if not documented.resolved(part)["description"]]
        assert unsaid == [], f"{name}: write a sentence into api/openapi/parameters.py"


def test_every_body_has_an_example_that_fits_its_schema(documented: Documented) -> None:
    for where, content in contents(documented):
        examples = [it["value"] for it in content.get("examples", {}).values()] or [content.get("example")]
        for example in examples:
            assert example is not None, f"{where}: give each of its fields an example"
            assert documented.faults(content["schema"], example) == [], where


def test_every_problem_is_documented_by_some_operation(documented: Documented) -> None:
    said = {
        slug
        for name, (_, _, operation) in documented.operations.items()
        for status in operation["responses"]
        if int(status) >= 400
        for slug in slugs(documented, name, status)
    }
    assert said | NOT_SAID_BY_THE_API >= {slug for _, slug in problems.STATUSES.values()}
    assert not said & NOT_SAID_BY_THE_API


@pytest.mark.parametrize(
    ("name", "status", "expected"),
    [
        ("list_slots", "403", set()),
        ("list_slots", "404", set()),
        ("list_slots", "400", {"bad-input"}),
        ("list_slots", "409", set()),
        ("list_slots", "503", {"database-away"}),
        ("get_slot", "404", {"not-found"}),
        ("get_slot", "429", {"too-many-requests"}),
        ("create_slot", "401", {"not-signed-in"}),
        ("create_slot", "403", {"not-allowed"}),
        ("create_slot", "409", {"interviewer-busy", "idempotency-in-progress"}),
        ("create_slot", "413", {"too-large"}),
        ("create_slot", "415", {"unsupported-media-type"}),
        ("create_slot", "422", {"idempotency-key-reused"}),
        ("create_slot", "412", set()),
        ("change_slot", "412", {"changed-since"}),
        ("change_slot", "422", set()),
        ("revoke_key", "413", set()),
    ],
)
def test_an_operation_lists_the_problems_that_it_can_answer(
    documented: Documented, name: str, status: str, expected: set[str]
) -> None:
    assert slugs(documented, name, status) == expected


def test_headers_stand_where_they_count(documented: Documented) -> None:
    for name, (method, _, operation) in documented.operations.items():
        asked = {documented.resolved(part)["name"] for part in operation["parameters"]}
        assert ("Idempotency-Key" in asked) == (method == "post"), name
        assert ("If-None-Match" in asked) == (method == "get"), name
        assert ("If-Match" in asked) == ("412" in operation["responses"]), name
        assert ("304" in operation["responses"]) == (method == "get"), name
        for status, answer in operation["responses"].items():
            headers = documented.resolved(answer)["headers"]
            assert "X-Request-ID" in headers, name
            assert ("Retry-After" in headers) == (status in {"429", "503"}), name
            assert ("ETag" in headers) == (method == "get" and status in {"200", "304"}), name


def test_what_was_created_links_to_where_it_is_read_and_changed(documented: Documented) -> None:
    booked = documented.operations["book_slot"][2]["responses"]["201"]["links"]
    assert {"get_schedule", "confirm_schedule", "reschedule", "cancel_schedule", "get_session"} <= set(booked)
    released = documented.operations["release_slot"][2]["responses"]["200"]["links"]
    assert {"get_slot", "change_slot", "withdraw_slot", "book_slot"} <= set(released)
    for name, (_, _, operation) in documented.operations.items():
        for answer in operation["responses"].values():
            for link in answer.get("links", {}).values():
                _, _, there = documented.operations[link["operationId"]]
                wanted = {f"path.{part['name']}" for part in there["parameters"] if part.get("in") == "path"}
                assert set(link.get("parameters", {})) <= wanted, name


def test_states_are_enums_and_times_have_offsets(documented: Documented) -> None:
    for title, schema in documented.document["components"]["schemas"].items():
        for name, of in schema.get("properties", {}).items():
            kinds = [documented.resolved(kind) for kind in of.get("anyOf", [of]) if kind.get("type") != "null"]
            if name == "state":
                assert all(kind["enum"] for kind in kinds), title
            if name == "at" or name.endswith("_at"):
                assert [kind["format"] for kind in kinds] == ["date-time"], f"{title}.{name}"


def test_a_request_knows_no_other_fields_and_an_answer_may_get_more(documented: Documented) -> None:
    schemas = documented.document["components"]["schemas"]
    assert schemas["SlotFields"]["additionalProperties"] is False
    assert "additionalProperties" not in schemas["SlotDetails"]
    assert documented.faults({"$ref": "#/components/schemas/CandidatePatch"}, {}) == []
    assert documented.faults({"$ref": "#/components/schemas/CandidatePatch"}, {"phone": None}) != []
    assert documented.faults({"$ref": "#/components/schemas/CandidatePatch"}, {"locale": None}) == []
    assert documented.faults({"$ref": "#/components/schemas/InterviewPatch"}, {"started_at": "now"}) != []


def test_every_route_of_the_api_is_described(documented: Documented, built: Litestar) -> None:
    described = {(method.upper(), re.sub(r"{\w+}", "{}", path)) for method, path, _ in documented.operations.values()}
    served = {
        (method, re.sub(r"{\w+:\w+}", "{}", route.path) + "/")
        for route in built.routes
        if isinstance(route, HTTPRoute) and route.path.startswith("/api/")
        for method in route.methods - {"OPTIONS"}
    }
    assert described == served


def test_what_needs_no_key_says_so(documented: Documented) -> None:
    keyless = {name for name, (_, _, it) in documented.every_operation.items() if it.get("security") == []}
    assert keyless == documented.every_operation.keys() - documented.operations.keys()
    assert keyless == {"check_live", "check_ready", "check_delivery", "open_link"}
    assert all(it["security"] == [] for it in documented.webhooks.values())


def test_a_health_check_fails_with_its_reasons(documented: Documented) -> None:
    for name in ("check_ready", "check_delivery"):
        schema = documented.every_operation[name][2]["responses"]["503"]["content"]["application/json"]["schema"]
        assert documented.faults(schema, {"status": "failing", "reasons": ["It is Monday."], "warnings": []}) == []
        assert documented.faults(schema, {"status": "tired", "reasons": [], "warnings": []}) != []
    assert "503" not in documented.every_operation["check_live"][2]["responses"]


def test_every_kind_of_message_for_programs_is_a_webhook(documented: Documented) -> None:
    assert set(documented.webhooks) == KNOWN_KINDS - PARTY_KINDS


def test_the_known_types_of_problem_are_named_and_others_are_allowed(documented: Documented) -> None:
    of = documented.document["components"]["schemas"]["Problem"]["properties"]["code"]
    assert set(of) == {"type", "examples", "x-extensible-enum"}
    listed = {
        slug
        for name, it in documented.operations.items()
        for status in it[2]["responses"]
        if int(status) >= 400
        for slug in slugs(documented, name, status)
    }
    assert set(of["x-extensible-enum"]) == listed | {"method-not-allowed"}


def test_the_file_is_what_the_code_makes(documented: Documented) -> None:
    kept = openapi_file.PATH.read_text("utf-8").splitlines()
    made = openapi_file.written(documented.document).decode().splitlines()
    difference = list(unified_diff(kept, made, "openapi.json", "the code", n=1, lineterm=""))
    shown = "\n".join([*difference[:40], *([f"… and {len(difference) - 40} lines more"] if difference[40:] else [])])
    assert kept == made, f"openapi.json is stale: run `make openapi`, and look at the difference.\n{shown}"


def test_patterns_in_the_document_are_regular_expressions(documented: Documented) -> None:
    for pattern in re.findall(r'"pattern": ("(?:[^"\\]|\\.)*")', json.dumps(documented.document)):
        re.compile(json.loads(pattern))


def test_the_document_is_made_once(built: Litestar) -> None:
    assert document.document_of(built) is document.document_of(built)
