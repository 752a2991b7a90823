"""Examples of whole bodies, put together from those that the fields of their types carry."""

from collections.abc import Mapping
from typing import Any

from msgspec import UNSET

_REPORT = """\
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.com

Final-Recipient: rfc822; asha@example.com
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 No such user

--b--
"""
_OF_ANY = {"boolean": False, "null": None, "binary": _REPORT}


def example_of(schema: Mapping[str, Any], components: Mapping[str, Any]) -> Any:  # noqa: ANN401 (JSON)
    """Return the example of what a schema takes, as JSON has it; UNSET if there is none, which a test finds.

    An object has what is required, and whatever else has an example or a default.
    """
    stated = _stated(schema)
    if stated is not UNSET:
        return stated
    if "$ref" in schema:
        return example_of(components[schema["$ref"].rsplit("/", 1)[1]], components)
    if "anyOf" in schema:
        found = (example_of(one, components) for one in schema["anyOf"])
        return next((one for one in found if one is not UNSET), UNSET)
    if "properties" in schema:
        return _members(schema, components)
    if "items" in schema:
        item = example_of(schema["items"], components)
        return [] if item is UNSET else [item]
    return _OF_ANY.get(schema.get("format", schema.get("type")), UNSET)


def _stated(schema: Mapping[str, Any]) -> Any:  # noqa: ANN401 (as above)
    for one in (schema, *schema.get("anyOf", ())):
        if "examples" in one:
            return one["examples"][0]
    return schema.get("const", schema.get("default", UNSET))


def _members(schema: Mapping[str, Any], components: Mapping[str, Any]) -> Any:  # noqa: ANN401 (as above)
    required = schema.get("required", ())
    members = {
        name: example_of(of, components)
        for name, of in schema["properties"].items()
        if name in required or _stated(of) is not UNSET
    }
    return UNSET if UNSET in members.values() else members
