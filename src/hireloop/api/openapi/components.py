"""JSON Schemas of the request and response types: those of msgspec, with two corrections."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, get_args, get_origin

import msgspec

_AT = "#/components/schemas/{name}"


class Schemas:
    """The schemas of some types: `of` one of them, and every one of the `components` that they refer to."""

    def __init__(self, kinds: Iterable[Any]) -> None:
        distinct = list({repr(kind): kind for kind in kinds}.values())
        shown, self.components = msgspec.json.schema_components(distinct, ref_template=_AT)
        self._shown = dict(zip(map(repr, distinct), shown, strict=True))
        by_title = {schema["title"]: schema for schema in self.components.values()}
        for struct in _structs(distinct):
            _mark_times(struct, by_title[_title(struct)])
            _leave_out_refused(struct, by_title[_title(struct)])
        for schema in self.components.values():
            for one in (schema, *schema.get("properties", {}).values()):
                if "enum" in one:
                    one["type"] = "string"  # as all of ours are; generators of clients want it said

    def of(self, kind: Any) -> dict[str, Any]:  # noqa: ANN401 (types, as values)
        """Return the schema of one of the types, or a reference to it."""
        if kind is bytes:
            return {"type": "string", "format": "binary"}  # a body as it came
        schema = dict(self._shown[repr(kind)])
        return {**schema, "format": "date-time"} if datetime in {kind, *get_args(kind)} else schema


def _structs(kinds: Iterable[Any]) -> list[Any]:
    """Return every struct in these types, in their fields, and so on; `Page[X]` is one."""
    found: dict[str, Any] = {}
    waiting = list(kinds)
    while waiting:
        kind = waiting.pop()
        waiting += get_args(kind)
        made_of = get_origin(kind) or kind
        if isinstance(made_of, type) and issubclass(made_of, msgspec.Struct) and repr(kind) not in found:
            found[repr(kind)] = kind
            waiting += (field.type for field in msgspec.structs.fields(made_of))
    return list(found.values())


def _title(struct: Any) -> str:  # noqa: ANN401 (types, as values)
    inside = ", ".join(one.__name__ for one in get_args(struct))
    name = (get_origin(struct) or struct).__name__
    return f"{name}[{inside}]" if inside else name


def _leave_out_refused(struct: Any, schema: dict[str, Any]) -> None:  # noqa: ANN401 (types, as values)
    """Leave out the fields of type Any: they are read to be refused with advice, as any unknown one is without."""
    for field in msgspec.structs.fields(get_origin(struct) or struct):
        if field.type is Any:
            del schema["properties"][field.encode_name]


def _mark_times(struct: Any, schema: dict[str, Any]) -> None:  # noqa: ANN401 (types, as values)
    """Say of every time that it has an offset: all that we answer do, and msgspec only knows of those that we ask."""
    for field in msgspec.structs.fields(get_origin(struct) or struct):
        if datetime in {field.type, *get_args(field.type)}:
            prop = schema["properties"][field.encode_name]
            for one in (prop, *prop.get("anyOf", ())):
                if one.get("type") == "string":
                    one["format"] = "date-time"
