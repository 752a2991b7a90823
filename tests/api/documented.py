"""Holds answers of the API against the OpenAPI document: statuses, problems, bodies, headers."""

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import httpx
import jsonschema_rs

_UUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_API, _PROBLEM = "/api/", "application/problem+json"

Operation = tuple[str, str, dict[str, Any]]  # its method and path


class Documented:
    """The document, as a judge of answers."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self._judges: dict[str, jsonschema_rs.Draft202012Validator] = {}

    @cached_property
    def every_operation(self) -> dict[str, Operation]:
        """Return every operation by its id: the API's own, the health checks, the link of an invitation."""
        return {
            operation["operationId"]: (method, path, operation)
            for path, item in self.document["paths"].items()
            for method, operation in item.items()
        }

    @cached_property
    def operations(self) -> dict[str, Operation]:
        """Return the API's own operations, which need a key."""
        return {name: it for name, it in self.every_operation.items() if it[1].startswith(_API)}

    @cached_property
    def webhooks(self) -> dict[str, dict[str, Any]]:
        """Return what is said of each webhook by the kind of its message."""
        return {kind: item["post"] for kind, item in self.document["webhooks"].items()}

    @cached_property
    def _patterns(self) -> list[tuple[str, re.Pattern[str], dict[str, Any]]]:
        return [
            (method.upper(), re.compile(re.sub(r"\\{\w+\\}", _UUID, re.escape(path.rstrip("/"))) + "/?"), operation)
            for method, path, operation in self.every_operation.values()
        ]

    def operation_of(self, method: str, path: str) -> dict[str, Any] | None:
        """Return the operation that a request is for, if any is."""
        return next((it for verb, at, it in self._patterns if verb == method and at.fullmatch(path)), None)

    def resolved(self, found: dict[str, Any]) -> dict[str, Any]:
        """Follow a reference."""
        while "$ref" in found:
            at: Any = self.document
            for part in found["$ref"].removeprefix("#/").split("/"):
                at = at[part]
            found = at
        return found

    def faults(self, schema: dict[str, Any], value: object) -> list[str]:
        """Return what is wrong with a value by one of the document's schemas."""
        judge = self._judges.get(repr(schema))
        if judge is None:
            whole = {**schema, "components": self.document["components"]}
            judge = self._judges[repr(schema)] = jsonschema_rs.Draft202012Validator(whole, validate_formats=True)
        return [f"{list(error.instance_path)}: {error.message}" for error in judge.iter_errors(value)]

    def webhook_faults(self, headers: Mapping[str, str], body: Any) -> list[str]:  # noqa: ANN401 (JSON)
        """Return what is wrong with a webhook by what is said of its kind; raises KeyError for an unknown kind."""
        said = self.webhooks[body["type"]]
        given = {name.lower() for name in headers}
        wanted = [one["name"] for one in said["parameters"] if one["required"]]
        missing = [f"{name} is missing" for name in wanted if name.lower() not in given]
        return missing + self.faults(said["requestBody"]["content"]["application/json"]["schema"], body)

    async def check(self, response: httpx.Response) -> None:
        """Raise AssertionError for an answer that the document does not foresee."""
        operation = self.operation_of(response.request.method, response.request.url.path)
        if operation is None:
            return
        asked = f"{response.request.method} {response.request.url.path} -> {response.status_code}"
        assert str(response.status_code) in operation["responses"], f"{asked} is not documented"
        answer = self.resolved(operation["responses"][str(response.status_code)])
        await response.aread()
        kind = response.headers.get("content-type", "").split(";")[0]
        if "content" not in answer:
            assert not response.content, f"{asked} is documented without a body"
            return
        assert kind in answer["content"], f"{asked} as {kind} is not documented"
        if "json" not in kind:
            return  # a page for people
        content, body = answer["content"][kind], response.json()
        assert self.faults(content["schema"], body) == [], asked
        if kind == _PROBLEM:
            assert body["code"] in content["examples"], f"{asked} {body['code']} is not documented"
