"""What calendar programs read: ical.js, which Thunderbird has, and libical, which KDE's and GNOME's calendars have."""

import ctypes
import ctypes.util
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import pytest

import node

People = dict[str, dict[str, str]]

_LIBICAL = ctypes.util.find_library("ical")
needs_libical = pytest.mark.skipif(
    _LIBICAL is None and not os.environ.get("CI"), reason="there is no libical here: `make servers` installs it"
)
_PARAMETERS = ("CN", "RSVP", "SENT-BY")


def ical_js(raw: bytes) -> People:
    """Return the parameters of the organizer and the attendee as ical.js reads them."""
    with tempfile.NamedTemporaryFile(suffix=".ics") as file:
        Path(file.name).write_bytes(raw)
        done = node.run("calendar.mjs", file.name, cwd=node.HERE / "lint")
    assert done.returncode == 0, done.stderr
    read: People = json.loads(done.stdout)
    return read


def libical(raw: bytes) -> People:
    """Return the parameters of the organizer and the attendee as libical reads them.

    Raises ValueError for what libical cannot read, or where iTIP (RFC 5546) asks for something else.
    """
    library = _library()
    whole = library.icalparser_parse_string(raw)
    if not whole:
        raise ValueError("libical: no calendar")
    try:
        if library.icalcomponent_count_errors(whole) or not library.icalrestriction_check(whole):
            raise ValueError(f"libical: {library.icalcomponent_as_ical_string(whole).decode()}")
        return {name: _parameters(library, whole, name) for name in ("organizer", "attendee")}
    finally:
        library.icalcomponent_free(whole)


def _parameters(library: Any, whole: int, name: str) -> dict[str, str]:  # noqa: ANN401 (a C library has no types)
    kind = library.icalproperty_string_to_kind(name.upper().encode())
    event = library.icalcomponent_get_inner(whole)
    found = library.icalcomponent_get_first_property(event, kind)
    read = {}
    for parameter in _PARAMETERS if found else ():
        of_kind = library.icalparameter_string_to_kind(parameter.encode())
        value = library.icalproperty_get_first_parameter(found, of_kind)
        if value:
            read[parameter] = _GETTERS[parameter](library, value)
    return read


_GETTERS = {
    "CN": lambda library, value: library.icalparameter_get_cn(value).decode(),
    "SENT-BY": lambda library, value: library.icalparameter_get_sentby(value).decode(),
    "RSVP": lambda library, value: library.icalparameter_as_ical_string(value).decode().partition("=")[2],
}


def _library() -> Any:  # noqa: ANN401 (as above)
    library = ctypes.CDLL(_LIBICAL)
    handle, text, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
    for name, result, arguments in (
        ("icalparser_parse_string", handle, [text]),
        ("icalcomponent_free", None, [handle]),
        ("icalcomponent_count_errors", number, [handle]),
        ("icalcomponent_as_ical_string", text, [handle]),
        ("icalcomponent_get_inner", handle, [handle]),
        ("icalcomponent_get_first_property", handle, [handle, number]),
        ("icalproperty_string_to_kind", number, [text]),
        ("icalproperty_get_first_parameter", handle, [handle, number]),
        ("icalparameter_string_to_kind", number, [text]),
        ("icalparameter_as_ical_string", text, [handle]),
        ("icalparameter_get_cn", text, [handle]),
        ("icalparameter_get_sentby", text, [handle]),
        ("icalrestriction_check", number, [handle]),
    ):
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library
