import inspect
import re

import pytest

from hireloop import errors
from hireloop.errors import HireLoopError
from hireloop.web import problems

CLASSES = {
    name: kind
    for name, kind in vars(errors).items()
    if inspect.isclass(kind) and issubclass(kind, HireLoopError) and kind.__module__ == errors.__name__
}
LIMITS = {kind for kind in CLASSES.values() if issubclass(kind, errors.LimitReached)}
_LINE = re.compile(r"^(?P<indent>[ │]*)(?:[├└]── )(?P<name>\w+)", re.MULTILINE)


def drawn() -> dict[str, str | None]:
    """Return each class that the module's docstring draws, with the class that it hangs under."""
    drawing = inspect.cleandoc(errors.__doc__ or "")
    parents: dict[str, str | None] = {"HireLoopError": None}
    path = ["HireLoopError"]
    for found in _LINE.finditer(drawing):
        depth = len(found["indent"]) // 4 + 1
        parents[found["name"]] = path[depth - 1]
        path = [*path[:depth], found["name"]]
    return parents


def test_the_drawn_tree_is_the_tree() -> None:
    real = {name: kind.__base__.__name__ if kind is not HireLoopError else None for name, kind in CLASSES.items()}  # type: ignore[union-attr] # every class has a base
    assert drawn() == real


@pytest.mark.parametrize("kind", [kind for kind in CLASSES.values() if "__init__" not in vars(kind)])
def test_an_error_speaks_its_docstring(kind: type[HireLoopError]) -> None:
    assert str(kind()) == kind.__doc__
    assert str(kind("Another sentence.")) == "Another sentence."


@pytest.mark.parametrize("kind", CLASSES.values())
def test_a_docstring_is_one_sentence(kind: type[HireLoopError]) -> None:
    sentence = kind.__doc__ or ""
    assert sentence[0].isupper()
    assert sentence.endswith((".", "revoked."))
    assert "\n" not in sentence


def test_errors_that_need_facts_put_them_into_their_sentence() -> None:
    assert str(errors.BadInput("email", "must be an email address")) == "email: must be an email address"
    assert errors.BadInput("email", "x").field == "email"
    assert str(errors.NotFound("slot", 7)) == "There is no slot with the ID 7."
    differs = errors.DiffersFromKnown("candidate", ["phone", "locale"])
    assert "phone, locale" in str(differs)
    assert differs.fields == ["phone", "locale"]


@pytest.mark.parametrize("kind", CLASSES.values())
def test_every_error_meets_a_status_through_itself_or_a_parent(kind: type[HireLoopError]) -> None:
    met = [parent for parent in kind.__mro__ if parent in problems.STATUSES]
    # These stop a process, or a command, that answers nobody; should one come through all the same it is our mistake.
    assert met or kind in {HireLoopError, errors.SettingsError, errors.MailboxError}


def test_every_refusal_has_a_slug_of_its_own_and_is_a_conflict_where_http_has_no_better_word() -> None:
    refusals = {kind: row for kind, row in problems.STATUSES.items() if issubclass(kind, errors.Refused)}
    others = {kind: status for kind, (status, _) in refusals.items() if status != 409}
    assert others.keys() == {errors.ChangedSince, errors.IdempotencyKeyReused, *LIMITS}
    assert (others[errors.ChangedSince], others[errors.IdempotencyKeyReused]) == (412, 422)
    assert {others[kind] for kind in LIMITS} == {429}
    assert set(refusals) == {kind for kind in CLASSES.values() if issubclass(kind, errors.Refused)}
    assert len({slug for _, slug in problems.STATUSES.values()}) == len(problems.STATUSES)


@pytest.mark.parametrize("kind", [kind for kind in CLASSES.values() if issubclass(kind, errors.Refused)])
def test_a_slug_is_the_errors_own_name(kind: type[HireLoopError]) -> None:
    words = re.findall("[A-Z][a-z]+", kind.__name__)
    assert problems.STATUSES[kind][1] == "-".join(words).lower()
