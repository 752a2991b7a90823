"""The house rules that a machine can see (CONTRIBUTING.md)."""

import ast
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "hireloop"
FILES = sorted(file for file in SOURCE.rglob("*.py") if "migrations" not in file.parts)
EVERY_FILE = pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(SOURCE)))

MOST_MODULES_OF_A_FOLDER = 16
MOST_MODULES_OF_THE_API = 20  # one file a path, or a command
MOST_MODULES_ABOVE_ALL_ROOMS = 20  # tests of what no room owns, and what the rooms' tests share
MOST_LINES_OF_A_FILE = 400
MOST_LINES_OF_A_FUNCTION = 60
OF_A_WHOLE_ROOM = {
    "test_signed_before.py",
    "console/test_forgeries.py",
    "console/states/test_every_state.py",
    "console/states/test_roles.py",
    "console/in_browser/test_every_page.py",
    "console/in_browser/test_finding.py",
    "console/in_browser/test_keyboard.py",
    "console/in_browser/test_planning.py",
    "console/in_browser/test_refresh.py",
    "console/in_browser/test_working_day.py",
    "portal/in_browser/test_for_everybody.py",
    "portal/test_forgeries.py",
    "notify/rendering/test_in_browser.py",
    "portal/in_browser/test_devices.py",
    "portal/in_browser/test_way_through.py",
    "portal/in_browser/test_every_state.py",
    "portal/in_browser/test_firefox.py",
    "portal/in_browser/test_languages.py",
    "portal/in_browser/test_open_pages.py",
    "portal/in_browser/test_outages.py",
}
UNWANTED_NAMES = {"utils", "common", "core", "helpers", "base", "manager", "service", "repository", "schemas"}


def functions(file: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def lines_of_sql_and_prose(function: ast.AST) -> int:
    """Return how many of a function's lines are texts of several lines: its docstring and its statements of SQL."""
    texts = [node for node in ast.walk(function) if isinstance(node, ast.Constant | ast.JoinedStr)]
    return sum((text.end_lineno or 0) - text.lineno for text in texts if not isinstance(text, ast.JoinedStr))


def test_imports_run_one_way() -> None:
    ran = subprocess.run(
        [Path(sys.executable).parent / "lint-imports"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout
    assert "9 kept, 0 broken" in ran.stdout


def most_modules_of(folder: Path) -> int:
    if folder in {SOURCE / "api", ROOT / "tests/api", SOURCE / "cli"}:
        return MOST_MODULES_OF_THE_API
    return MOST_MODULES_ABOVE_ALL_ROOMS if folder == ROOT / "tests" else MOST_MODULES_OF_A_FOLDER


def test_a_folder_holds_what_one_glance_takes_in() -> None:
    counts = Counter(file.parent for root in (SOURCE, ROOT / "tests") for file in root.rglob("*.py"))
    full = {
        str(folder.relative_to(ROOT)): count
        for folder, count in counts.items()
        if count - (folder / "__init__.py").exists() > most_modules_of(folder)
    }
    assert full == {}


def types_named_in(tree: ast.Module) -> Iterator[str]:
    """Yield the names of classes, and of types that a module names by an assignment; type variables are local."""
    yield from (node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef))
    assigned = [node for node in tree.body if isinstance(node, ast.Assign) and "TypeVar(" not in ast.unparse(node)]
    names = [target.id for node in assigned for target in node.targets if isinstance(target, ast.Name)]
    yield from (name for name in names if name.lstrip("_")[:1].isupper() and not name.isupper())


def test_the_name_of_a_type_has_one_meaning() -> None:
    names = Counter(name.lstrip("_") for file in FILES for name in types_named_in(ast.parse(file.read_text())))
    assert [name for name, times in names.items() if times > 1] == []


@EVERY_FILE
def test_a_file_fits_on_a_few_screens(file: Path) -> None:
    assert len(file.read_text().splitlines()) <= MOST_LINES_OF_A_FILE


@EVERY_FILE
def test_a_function_fits_on_a_screen(file: Path) -> None:
    long = {
        function.name: lines
        for function in functions(file)
        if (lines := (function.end_lineno or 0) - function.lineno + 1 - lines_of_sql_and_prose(function))
        > MOST_LINES_OF_A_FUNCTION
    }
    assert long == {}


@EVERY_FILE
def test_a_file_is_named_after_what_is_in_it(file: Path) -> None:
    assert not {file.stem, *file.relative_to(SOURCE).parent.parts} & UNWANTED_NAMES


@EVERY_FILE
def test_nothing_is_left_for_later(file: Path) -> None:
    words = {"TO" + "DO", "FIX" + "ME", "X" * 3}
    assert not words & set(file.read_text().replace(":", " ").replace("(", " ").split())


@EVERY_FILE
def test_only_the_settings_read_the_environment(file: Path) -> None:
    reads = {"os.getenv", "os.environ.get", "os.environ["}
    # What another library reads when it is imported; it only sets a default.
    allowed = {"db/__init__.py"}
    found = {read for read in reads if read in file.read_text()}
    assert not found or str(file.relative_to(SOURCE)) in {"settings/settings.py", *allowed}


@EVERY_FILE
def test_a_transaction_is_opened_by_its_decorator_alone(file: Path) -> None:
    """`db.transactional` brings the retries and the errors along; migrations run once, and are told as they are."""
    opened = {
        node.lineno
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Attribute) and node.attr in {"transaction", "start_transaction"}
    }
    assert not opened or str(file.relative_to(SOURCE)) in {"db/__init__.py", "migrate/__init__.py"}


@EVERY_FILE
def test_a_module_says_what_it_is_for(file: Path) -> None:
    assert ast.get_docstring(ast.parse(file.read_text()))


def test_scheduling_takes_of_the_hub_its_outbox_its_erasure_its_messages_and_its_news_alone() -> None:
    taken = {
        node.module
        for file in (SOURCE / "scheduling").rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("hireloop.notify")
    }
    vocabulary = {"hireloop.notify.messages", "hireloop.notify.no_show"}
    verbs = {"hireloop.notify.deliveries.outbox", "hireloop.notify.erasure", "hireloop.notify.news"}
    assert taken <= vocabulary | verbs


def writes_deliveries(node: ast.AST) -> bool:
    """Tell whether this is SQL that writes deliveries or attempts, or a call of their tables that does."""
    match node:
        case ast.Constant(value=str(text)):
            return re.search(r"\b(INSERT INTO|UPDATE|DELETE FROM)\s+(delivery|attempt)\b", text) is not None
        case ast.Attribute(value=ast.Name(id="Delivery" | "Attempt"), attr=verb):
            return verb in {"insert", "update", "delete", "objects", "raw"}
        case _:
            return False


def test_nine_modules_write_deliveries_and_attempts() -> None:
    nodes = ((file, node) for file in FILES for node in ast.walk(ast.parse(file.read_text())))
    writers = {str(file.relative_to(SOURCE)) for file, node in nodes if writes_deliveries(node)}
    assert writers == {
        "notify/decisions/due.py",
        "notify/decisions/slots.py",
        "notify/deliveries/unreported.py",
        "notify/bounces/bounces.py",
        "notify/deliveries/deadlines.py",
        "notify/deliveries/leases.py",
        "notify/erasure.py",
        "notify/deliveries/outbox.py",
        "notify/deliveries/replay.py",
    }


def test_a_test_has_the_path_of_what_it_tests() -> None:
    rooms = {folder.name for folder in SOURCE.iterdir() if folder.is_dir()}
    tests = [
        test.relative_to(ROOT / "tests")
        for test in (ROOT / "tests").rglob("test_*.py")
        if test.parent == ROOT / "tests" or test.relative_to(ROOT / "tests").parts[0] in rooms
    ]
    assert len(tests) > 150
    tested = {test: SOURCE / test.with_name(test.name.removeprefix("test_")) for test in tests}
    assert {
        str(test) for test, path in tested.items() if not path.exists() and not path.with_suffix("").is_dir()
    } == OF_A_WHOLE_ROOM
