"""JSON Schemas of the request and response types: those of msgspec, with two corrections."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, get_args

import msgspec

from hireloop.api.openapi.examples import example_of

_AT = "#/components/schemas/{name}"


class Schemas:
    """The schemas of some types: `of` one of them, and every one of the `components` that they refer to."""

    def __init__(self, kinds: Iterable[Any]) -> None:
        distinct = list({repr(kind): kind for kind in kinds}.values())
        shown, self.components = msgspec.json.schema_components(distinct, ref_template=_AT)
        self._shown = dict(zip(map(repr, distinct), shown, strict=True))
        for schema in self.components.values():
            properties = schema.get("properties", {})
            # Of any type is what is read to be refused with advice, as any unknown one is without.
            for name in [name for name, of in properties.items() if not of]:
                del properties[name]
            for one in (schema, *properties.values()):
                if "enum" in one:
                    one["type"] = "string"  # as all of ours are; generators of clients want it said

    def of(self, kind: Any) -> dict[str, Any]:  # noqa: ANN401 (types, as values)
        """Return the schema of one of the types, or a reference to it."""
        if kind is bytes:
            return {"type": "string", "format": "binary"}  # a body as it came
        schema = dict(self._shown[repr(kind)])
        is_time = datetime in {kind, *get_args(kind)}  # of a query, whose bounds Litestar keeps to itself
        return {**schema, "format": "date-time"} if is_time else schema

    def content_of(self, kind: Any) -> dict[str, Any]:  # noqa: ANN401 (types, as values)
        """Return what a body of one of the types is: its schema, and its example."""
        schema = self.of(kind)
        example = example_of(schema, self.components)
        return {"schema": schema} if example is msgspec.UNSET else {"schema": schema, "example": example}
