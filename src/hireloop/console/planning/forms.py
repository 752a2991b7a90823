"""A form that was sent: read into the fields that its verb takes, or each field with what is wrong with it. Pure.

The limits are those of the API's own types, and nothing that was typed is lost: a page shows it again.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, ParamSpec, TypeVar
from uuid import UUID

import msgspec
from msgspec import inspect

from hireloop import errors
from hireloop.wording.phrases import phrase

_Struct = TypeVar("_Struct", bound=msgspec.Struct)
_T = TypeVar("_T")
_P = ParamSpec("_P")

REQUIRED = phrase("Fill in this field.")
CHOOSE = phrase("Choose one from the list.")
TOO_LONG = phrase("This text has %(count)s characters. Shorten it to %(most)s or fewer.")
NUMBER = phrase("Enter a whole number from %(least)s to %(most)s.")
UNSTORABLE = phrase("This text contains an invisible character that cannot be stored (U+0000). Remove it.")
_ADDRESS = phrase("Enter an email address such as name@example.com.")
_ZONE = phrase("Enter a time zone such as Asia/Kolkata or Europe/Berlin.")
_LANGUAGE = phrase("Enter a language such as en-IN, de or hi.")
# What to do about a field, where what exactly is wrong with it is said in English alone: the checks are the API's.
_INSTEAD: Mapping[str, str] = {
    "candidate": CHOOSE,
    "job": CHOOSE,
    "email": _ADDRESS,
    "recruiter_email": _ADDRESS,
    "interviewer_email": _ADDRESS,
    "time_zone": _ZONE,
    "interviewer_time_zone": _ZONE,
    "locale": _LANGUAGE,
    "interviewer_locale": _LANGUAGE,
    "phone": phrase("Enter a telephone number with its country code, such as +49 30 1234567."),
    "coding_language": phrase("Enter one programming language such as python, or leave the field empty."),
    "rule": phrase("Slots cannot be created by this rule. Correct it."),
    "starts_at": phrase("Choose a later time."),
    "starts_at_local": phrase("Choose another first day or start."),
    "until": phrase("Choose another last day."),
}
_OTHERWISE = phrase("Correct this field.")
_SAYS_IT_ALL = {CHOOSE, _ZONE, _LANGUAGE, _INSTEAD["phone"], _INSTEAD["coding_language"]}
_MOST_DIGITS = 9


class FieldFault(msgspec.Struct, frozen=True):
    """What is wrong with a field: a sentence, and the values that it names.

    `english` is what no catalogue has, and says it better: readers of other languages get `text`, which says what to
    do, and of the English as much as that does not say.
    """

    text: str
    values: dict[str, int] = {}
    english: str = ""
    more: str = ""


class FormError(Exception):
    """Fields of a form that cannot be taken, each with its fault."""

    def __init__(self, **faults: FieldFault) -> None:
        super().__init__(", ".join(faults))
        self.faults = faults


class Typed(msgspec.Struct, frozen=True, kw_only=True):
    """A form as its page shows it: what was typed into each field, and what is wrong with it."""

    values: Mapping[str, str] = {}
    faults: Mapping[str, FieldFault] = {}

    def of(self, name: str, default: str = "") -> str:
        """Return what was typed into a field, or the default of a form that nobody has sent yet."""
        return self.values.get(name, default)


EMPTY = Typed()


def tidied(sent: Mapping[str, str]) -> dict[str, str]:
    """Return the fields with plain line breaks and without blanks around them; browsers send CRLF."""
    return {name: text.replace("\r\n", "\n").strip() for name, text in sent.items()}


def read(sent: Mapping[str, str], kind: type[_Struct], **given: Any) -> _Struct:  # noqa: ANN401 (each field has its own type)
    """Return the fields of a tidied form as a struct; `given` are those that the page has read itself.

    A field that is left empty keeps its default. Raises FormError with everything that is wrong.
    """
    values, faults = dict(given), {}
    for field in _fields(kind):
        text = sent.get(field.name, "")
        if field.name in given or (not text and not field.required):
            continue
        try:
            values[field.name] = _value(text, _type_in(field.type))
        except _BadValue as wrong:
            faults[field.name] = wrong.fault
    if faults:
        raise FormError(**faults)
    return kind(**values)


def number(sent: Mapping[str, str], name: str, *, least: int, most: int) -> int:
    """Return a whole number of a form; raises FormError."""
    try:
        return _number(sent.get(name, ""), least, most)
    except _BadValue as wrong:
        raise FormError(**{name: wrong.fault}) from None


def text(sent: Mapping[str, str], name: str, *, most: int) -> str:
    """Return a text of a form, which may be empty; raises FormError for one that is too long or cannot be stored."""
    found = sent.get(name, "")
    try:
        _check_text(found, most)
    except _BadValue as wrong:
        raise FormError(**{name: wrong.fault}) from None
    return found


def attempt(faults: dict[str, FieldFault], work: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T | None:
    """Return what `work` returns; or note in `faults` what it finds wrong, so that all of a form is said at once."""
    try:
        return work(*args, **kwargs)
    except (FormError, errors.BadInput) as wrong:
        faults |= faults_of(wrong)
        return None


def faults_of(error: FormError | errors.BadInput, names: Mapping[str, str] | None = None) -> dict[str, FieldFault]:
    """Return what an error says of each field of a form; `names` are those of fields that the form calls otherwise."""
    renamed = names or {}
    if isinstance(error, FormError):
        return {renamed.get(name, name): fault for name, fault in error.faults.items()}
    return {renamed.get(name, name): _in_english(name, message) for name, message in error.wrong}


def _in_english(name: str, message: str) -> FieldFault:
    """Return the fault of a field whose message no catalogue has."""
    text, english = _INSTEAD.get(name, _OTHERWISE), _sentence(message)
    if text == _ADDRESS:
        return FieldFault(text, english=english, more=english.partition(". ")[2])  # after how an address is written
    return FieldFault(text, english=english, more="" if text in _SAYS_IT_ALL else english)


class _BadValue(Exception):
    """One value that cannot be taken."""

    def __init__(self, text: str, **values: int) -> None:
        super().__init__(text)
        self.fault = FieldFault(text, values)


@cache
def _fields(kind: type[msgspec.Struct]) -> tuple[inspect.Field, ...]:
    info = inspect.type_info(kind)
    return info.fields if isinstance(info, inspect.StructType) else ()


def _type_in(kind: inspect.Type) -> inspect.Type | None:
    """Return the type that a value of this field has, unless it is null or left out."""
    if isinstance(kind, inspect.Metadata):
        return _type_in(kind.type)
    if isinstance(kind, inspect.UnionType):
        return next((found for one in kind.types if (found := _type_in(one)) is not None), None)
    return None if isinstance(kind, inspect.NoneType) else kind


def _value(text: str, kind: inspect.Type | None) -> object:
    match kind:
        case inspect.StrType():
            if not text:
                raise _BadValue(REQUIRED)
            _check_text(text, kind.max_length)
            return text
        case inspect.IntType():
            return _number(text, kind.ge or 0, kind.le or 0)
        case inspect.BoolType():
            return bool(text)
        case inspect.UUIDType():
            return _uuid(text)
        case _:
            msg = f"A form has no field of this type: {kind}"
            raise TypeError(msg)


def _check_text(text: str, most: int | None) -> None:
    if "\x00" in text:
        raise _BadValue(UNSTORABLE)
    if most is not None and len(text) > most:
        raise _BadValue(TOO_LONG, count=len(text), most=most)


def _number(text: str, least: int, most: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS and least <= int(text) <= most):
        raise _BadValue(NUMBER, least=least, most=most)
    return int(text)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise _BadValue(CHOOSE) from None


def _sentence(message: str) -> str:
    return f"{message[:1].upper()}{message[1:].rstrip('.')}."
