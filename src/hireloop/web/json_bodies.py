"""JSON bodies: each is decoded once, into the type that its handler takes, or refused with all that is wrong with it.

Mistakes that a lenient reader would ignore are reported: members that are given twice or are unknown, values of
another type, texts that cannot be stored, numbers that nothing here could hold.
"""

import json
import math
import re
from collections import Counter
from collections.abc import Iterable
from difflib import get_close_matches
from types import NoneType
from typing import Any, Union, get_args, get_origin

import msgspec
from litestar import Request
from litestar.exceptions import HTTPException, ValidationException

from hireloop import errors
from hireloop.scheduling import fields
from hireloop.web.context import AnyRequest
from hireloop.web.http import choices

_ODD_ESCAPE = re.compile(r"\\u(0000|[dD][89a-fA-F])")  # of U+0000, or of a surrogate, which should be half of a pair
_SURROGATE = re.compile("[\ud800-\udfff]")
_HALF = "must not contain half of a surrogate pair, which is not a character"
_REFUSED = (msgspec.ValidationError, UnicodeEncodeError)  # by msgspec: the latter for half of a surrogate pair
_LONGEST_NAME = 100
_MOST_DIGITS = 19
_ALMOST = 0.85  # of the letters: a slip of the finger, and not another word
_MOST_NAMED = 100  # of the errors: a response is not an echo
_UTF_8 = {"utf-8", "utf8"}
# A PATCH is a merge patch (RFC 7396) under either name; another kind of patch must not be taken for one.
_JSON = {"", "application/json", "application/merge-patch+json"}
_ANY_JSON = re.compile(r"application/(?!json-patch\+json)[^ ]+\+json")


class EmptyBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of a request whose path says everything: no body, or an empty object."""


class StrictRequest(Request[Any, Any, Any]):
    """A request whose body is decoded here, where Litestar asks for it."""

    __slots__ = ()

    async def json(self) -> Any:  # noqa: ANN401 (of the type that the handler takes)
        """Return the body as the handler takes it; one that may be left out is not null either. Raises as `decoded`."""
        taken = self.route_handler.parsed_data_field
        return await decoded(self, without_none(taken.annotation)) if taken else await super().json()


async def decoded(request: AnyRequest, kind: Any) -> Any:  # noqa: ANN401 (types, as values)
    """Return the body as a value of this type; raises ValidationException, BadInput or HTTPException (415)."""
    _check_headers(request)
    reader = _JsonReader()
    value = reader.read(await request.body())
    wrong: dict[str, str] = {}
    if reader.is_odd and isinstance(value, dict):
        _look_through(value, "", wrong)
    try:
        found = msgspec.convert(value, kind)
    except _REFUSED:
        _compare(value, kind, "", wrong)
    else:
        if not wrong:
            return found
    named = [{"key": path, "message": message} for path, message in wrong.items()]
    raise ValidationException("The body is invalid.", extra=named[:_MOST_NAMED])


def without_none(kind: Any) -> Any:  # noqa: ANN401 (types, as values)
    """Return a type without its None: of what may be left out, and is never sent as null."""
    kinds = get_args(kind)
    if NoneType not in kinds:
        return kind
    return Union[tuple(one for one in kinds if one is not NoneType)]  # noqa: UP007 (of a tuple)


def _check_headers(request: AnyRequest) -> None:
    kind, options = request.content_type
    is_json = kind in _JSON if request.method == "PATCH" else kind in _JSON or _ANY_JSON.fullmatch(kind)
    if not is_json or options.get("charset", "utf-8").lower() not in _UTF_8:
        raise HTTPException("The body must be JSON in UTF-8. Send `Content-Type: application/json`.", status_code=415)
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise HTTPException(
            "The body must not be compressed. Leave the `Content-Encoding` header out.", status_code=415
        )


class _JsonReader:
    """Reads JSON; whether something in it has to be looked for that a type cannot refuse, `is_odd` says."""

    def __init__(self) -> None:
        self.is_odd = False

    def read(self, body: bytes) -> Any:  # noqa: ANN401 (JSON)
        """Return the value of a JSON text; raises BadInput if it is not JSON."""
        try:
            text = body.decode()
            self.is_odd = _ODD_ESCAPE.search(text) is not None
            return json.loads(
                text,
                object_pairs_hook=self._members,
                parse_int=self._integer,
                parse_float=self._float,
                parse_constant=self._float,
            )
        except UnicodeDecodeError:
            raise errors.BadInput("body", "must be UTF-8") from None
        except json.JSONDecodeError as error:
            where = f"at line {error.lineno}, column {error.colno}"
            raise errors.BadInput("body", f"must be valid JSON: {error.msg}, {where}") from None

    def _members(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        members = dict(pairs)
        if len(members) == len(pairs):
            return members
        self.is_odd = True
        repeated = [name for name, count in Counter(name for name, _ in pairs).items() if count > 1]
        return _Repetitive(members, repeated)

    def _integer(self, digits: str) -> float:
        """Return an integer, or infinity for one that nothing here could hold and Python would take long to read."""
        return int(digits) if len(digits) <= _MOST_DIGITS else self._float("inf")

    def _float(self, text: str) -> float:
        number = float(text)
        self.is_odd = self.is_odd or not math.isfinite(number)
        return number


class _Repetitive(dict[str, Any]):
    """An object with members that are given more than once: it has the last of each."""

    def __init__(self, members: dict[str, Any], repeated: list[str]) -> None:
        super().__init__(members)
        self.repeated = repeated


def _look_through(value: object, path: str, wrong: dict[str, str]) -> None:
    """Note what cannot be right whatever its type should be, by its path."""
    if isinstance(value, dict):
        if isinstance(value, _Repetitive):
            wrong.update((_member(path, name), "must be given only once") for name in value.repeated)
        for name, one in value.items():
            if (fault := _fault_of(name) or _fault_of(one)) is not None:
                wrong[_member(path, name)] = fault
            elif isinstance(one, dict | list):
                _look_through(one, _member(path, name), wrong)
    elif isinstance(value, list):
        for number, one in enumerate(value):
            if (fault := _fault_of(one)) is not None:
                wrong[f"{path}[{number}]"] = fault
            elif isinstance(one, dict | list):
                _look_through(one, f"{path}[{number}]", wrong)


def _fault_of(value: object) -> str | None:
    if isinstance(value, float) and not math.isfinite(value):
        return "is out of range"
    if not isinstance(value, str):
        return None
    if "\x00" in value:
        return fields.UNSTORABLE
    return None if value.isascii() or not _SURROGATE.search(value) else _HALF


def _compare(value: object, kind: Any, path: str, wrong: dict[str, str]) -> None:  # noqa: ANN401 (types, as values)
    """Note where a value is not of its type, by path, beside what is known to be wrong there.

    Of an object each member is judged, and of a list each item.
    """
    struct = _struct_in(kind)
    if struct is not None and isinstance(value, dict):
        _compare_members(value, struct, path, wrong)
        return
    before, items = len(wrong), _items_in(kind) if isinstance(value, list) else None
    if items is not None and isinstance(value, list):
        for number, one in enumerate(value[:_MOST_NAMED]):
            _compare(one, items, f"{path}[{number}]", wrong)
    if len(wrong) > before:
        return  # of the list itself there is nothing to say
    try:
        msgspec.convert(value, kind)
    except _REFUSED as error:
        message, _, below = str(error).partition(" - at `$")
        wrong.setdefault((path + below.rstrip("`")).lstrip("."), choices.named(kind) or message)


def _compare_members(value: dict[str, Any], struct: type[msgspec.Struct], path: str, wrong: dict[str, str]) -> None:
    known = {field.encode_name: field for field in msgspec.structs.fields(struct)}
    for name in value:
        if name not in known and len(wrong) < _MOST_NAMED:
            wrong.setdefault(_member(path, name), _unknown(name, known))
    for name, field in known.items():
        if name in value:
            _compare(value[name], field.type, _member(path, name), wrong)
        elif field.required:
            wrong.setdefault(_member(path, name), "is required")


def _unknown(name: str, known: Iterable[str]) -> str:
    """Return that a field is not known, and which one was probably meant."""
    near = get_close_matches(name[:_LONGEST_NAME], known, n=1, cutoff=_ALMOST)
    return f"is not a known field; did you mean {near[0]}?" if near else "is not a known field"


def _items_in(kind: Any) -> Any:  # noqa: ANN401 (types, as values)
    lists = (one for one in choices.members_of(kind) if get_origin(one) is list)
    return next((get_args(one)[0] for one in lists), None)


def _struct_in(kind: Any) -> type[msgspec.Struct] | None:  # noqa: ANN401 (types, as values)
    kinds = choices.members_of(kind)
    return next((one for one in kinds if isinstance(one, type) and issubclass(one, msgspec.Struct)), None)


def _member(path: str, name: str) -> str:
    shown = name[:_LONGEST_NAME].replace("\x00", "").encode(errors="replace").decode()
    return f"{path}.{shown}" if path else shown
