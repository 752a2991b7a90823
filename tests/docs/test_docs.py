"""The documents say what the code says: words, settings, telemetry, problems, links, commands, and the examples."""

import ast
import re
import tomllib
from collections.abc import Iterator, Sequence
from enum import Enum
from pathlib import Path
from typing import get_args

import click
import pytest
from asyncpg import DeadlockDetectedError
from litestar.exceptions import HTTPException
from piccolo.apps.migrations.tables import Migration
from piccolo.table import Table
from pydantic import SecretStr

import hireloop
from api.documented import Documented
from docs.documents import blocks_of
from factories import OUTBOX, TESTS, book, make_slot, unaccounted
from hireloop import db
from hireloop.access.tables import Role
from hireloop.api.documented import REFUSALS
from hireloop.api.interviews import InterviewResponse
from hireloop.api.openapi import problem_pages
from hireloop.api.schedules import BOOKS
from hireloop.cli import work
from hireloop.cli.commands import COMMANDS, load
from hireloop.notify.bounces.return_path import ReturnPath
from hireloop.notify.bounces.simulator import Simulator
from hireloop.notify.deliveries.deliveries import InvitationState
from hireloop.notify.deliveries.skips import Skip
from hireloop.notify.ends import End, EndKind
from hireloop.notify.next_steps import NextStep
from hireloop.notify.reasons import OF_OUR_ROUTE, Reason
from hireloop.notify.tables import AttemptOutcome, DeliveryState
from hireloop.notify.transport import Outcome, Phase
from hireloop.notify.worker.sweeps import name_of as sweep_name_of
from hireloop.piccolo_conf import APP_REGISTRY
from hireloop.portal.gate import Refusal
from hireloop.portal.stages import Stage
from hireloop.scheduling.bookings import booking
from hireloop.scheduling.people.jobs import JobDetails
from hireloop.scheduling.sessions import links
from hireloop.scheduling.sessions.sessions import SessionState
from hireloop.scheduling.slots import slots
from hireloop.scheduling.slots.recurrence import IgnoredReason, Omission
from hireloop.scheduling.slots.slots import SlotDetails, SlotPatch
from hireloop.scheduling.tables import InterviewState, ScheduleState
from hireloop.settings import Settings
from hireloop.telemetry import events
from hireloop.telemetry import metrics as declared_metrics
from hireloop.telemetry import spans as telemetry
from hireloop.web import problems
from repository.files import needs_git, repository_files
from sample_settings import settings_for

ROOT = Path(__file__).parents[2]
SOURCE = Path(hireloop.__file__).parent
DOCS = ROOT / "docs"
COMMAND_LINE = "docs/reference/command-line.md"
DATA_MODEL = "docs/reference/data-model.md"
DECISIONS = sorted((DOCS / "decisions").glob("[0-9]*.md"))
PAGES = sorted(
    {
        *ROOT.glob("*.md"),
        *DOCS.rglob("*.md"),
        *(ROOT / "clients").glob("*/*.md"),
        *(ROOT / "deploy").glob("*.md"),
        *(ROOT / "examples").rglob("*.md"),
    }
)

Row = dict[str, str]


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def text_of(page: str) -> str:
    return (ROOT / page).read_text("utf-8")


def section(page: str, heading: str) -> str:
    """Return what stands under a heading, up to the next one of its level."""
    text = text_of(page)
    found = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found is not None, f"{page} has no section {heading!r}"
    return found[1]


def rows_of(text: str) -> Iterator[Row]:
    """Yield every row of every table, its cells by the names of their columns."""
    columns: list[str] = []
    for line in text.splitlines():
        if not line.startswith("|"):
            columns = []
            continue
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not columns:
            columns = cells
        elif set(line) - set("|- "):
            yield dict(zip(columns, cells, strict=True))


def code(cell: str) -> str:
    """Return what stands in a cell as code."""
    found = re.match(r"`([^`]*)`", cell)
    assert found is not None, cell
    return found[1]


def column(text: str, name: str) -> list[str]:
    return [code(row[name]) for row in rows_of(text) if name in row]


def values(enum: type[Enum]) -> list[str]:
    return [member.value for member in enum]


# --- Words -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("heading", "named", "known"),
    [
        ("Interview states", "state", values(InterviewState)),
        ("Schedule states", "state", values(ScheduleState)),
        ("Session states", "state", values(SessionState)),
        ("Delivery states", "state", values(DeliveryState)),
        ("Attempt outcomes", "outcome", values(AttemptOutcome)),
        ("Outcomes of a transport", "outcome", [kind.__name__ for kind in get_args(Outcome)]),
        ("Invitation states", "state", values(InvitationState)),
        ("Skips", "skip", values(Skip)),
        ("Omissions", "omission", values(Omission)),
        ("Ignored values", "reason", values(IgnoredReason)),
        ("Roles", "role", values(Role)),
        ("Phases", "phase", values(Phase)),
        ("Booking outcomes", "outcome", values(booking.BookingOutcome)),
    ],
)
def test_the_data_model_has_every_value_of_an_enum(heading: str, named: str, known: Sequence[str]) -> None:
    assert column(section(DATA_MODEL, heading), named) == list(known)


def test_the_data_model_has_every_table() -> None:
    tables: list[type[Table]] = [table for app in APP_REGISTRY.app_configs.values() for table in app.table_classes]
    known = {table._meta.tablename for table in tables}  # noqa: SLF001 (Piccolo's own way to a table's name)
    assert set(column(section(DATA_MODEL, "Tables"), "table")) == known
    assert Migration._meta.tablename == "migration"  # noqa: SLF001 (as above)


@pytest.mark.usefixtures("database")
async def test_the_channel_states_are_those_that_the_database_takes() -> None:
    check = await db.fetch_value(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'channel_state_is_known'"
    )
    assert column(section(DATA_MODEL, "Channel states"), "state") == re.findall(r"'(\w+)'", check)


def test_every_next_step_is_listed_with_its_sentence() -> None:
    rows = [row for row in rows_of(section("docs/reference/api.md", "Alerts")) if "`next_step`" in row]
    listed = {code(row["`next_step`"]): row["`advice`"] for row in rows}
    assert listed == {step.value: step.sentence for step in NextStep}


def test_every_reason_is_listed_with_its_sentence() -> None:
    listed = {code(row["reason"]): row["sentence"] for row in rows_of(text_of("docs/reference/reasons.md"))}
    assert listed == {reason.value: reason.sentence for reason in Reason}


def test_the_reasons_that_the_page_on_held_channels_fixes_exist() -> None:
    text = text_of("docs/how-to/fix-a-held-channel.md")
    named = {slug for row in rows_of(text) for slug in re.findall(r"`(\w+)`", row["reason"])}
    assert named <= set(values(Reason))


def test_that_page_fixes_every_reason_that_can_hold_a_channel() -> None:
    text = text_of("docs/how-to/fix-a-held-channel.md")
    named = {slug for row in rows_of(text) for slug in re.findall(r"`(\w+)`", row["reason"])}
    assert {Reason[name].value for name in holding_reasons()} == named


def holding_reasons() -> Iterator[str]:
    yield from (reason.name for reason in OF_OUR_ROUTE)
    for path in (SOURCE / "notify").rglob("*.py"):
        text = path.read_text("utf-8")
        for table in re.findall(r"^_(?:HELD|MAY_BE_ADDRESS) = \{.*?^\}", text, re.MULTILINE | re.DOTALL):
            yield from re.findall(r"Reason\.(\w+)", table)
        yield from re.findall(r"(?:Held\(reason=(?:[\w.]+ or )?|Impossible\(Held, |_hold\(.*, )Reason\.(\w+)", text)
        if path.name in {"email.py", "webhook.py"}:  # a transport's refusal of its own settings
            yield from re.findall(r"return Reason\.(\w+)", text)
    yield from (reason.name for reason in OF_OUR_ROUTE)
    yield from re.findall(r"MissingTransport\(Reason\.(\w+)", (SOURCE / "cli/work.py").read_text("utf-8"))


def test_the_portal_page_has_every_stage_and_every_refusal() -> None:
    text = section("docs/reference/portal.md", "Stages")
    assert column(text, "stage") == values(Stage)
    assert column(text, "refusal") == values(Refusal)


# --- Settings --------------------------------------------------------------------------------------------------


def settings_rows() -> list[Row]:
    return [row for row in rows_of((DOCS / "reference/settings.md").read_text("utf-8")) if "variable" in row]


def default_as_written(value: object) -> str:
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if value is None:
        return "none"
    if value in ("", []):
        return "empty"
    return f"`{str(value).lower()}`" if isinstance(value, bool) else f"`{value}`"


def test_every_setting_is_listed_with_its_default() -> None:
    listed = [(code(row["variable"]), row["default"]) for row in settings_rows()]
    fields = Settings.model_fields.items()
    assert listed == [(name.upper(), default_as_written(field.default)) for name, field in fields]


def test_every_example_of_a_setting_is_a_good_value(monkeypatch: pytest.MonkeyPatch) -> None:
    examples = {code(row["variable"]): code(row["example"]) for row in settings_rows() if row["example"][:1] == "`"}
    assert len(examples) > len(Settings.model_fields) / 2
    for name, example in examples.items():
        monkeypatch.setenv(name, example)
    settings = Settings.read(_env_file=None)
    assert settings.model_fields_set == {name.lower() for name in examples}


# --- Telemetry -------------------------------------------------------------------------------------------------


def calls(path: Path) -> Iterator[tuple[str, str, str]]:
    """Yield object, method and first argument of every call in a file that begins with a text."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.args
            and isinstance(node.args[0], ast.Constant)
            and isinstance(node.args[0].value, str)
        ):
            yield ast.unparse(node.func.value), node.func.attr, node.args[0].value


def texts(path: Path) -> set[str]:
    nodes = ast.walk(ast.parse(path.read_text("utf-8")))
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def metrics() -> set[str]:
    return {metric.name for metric in declared_metrics.DECLARED}


def test_every_span_is_listed() -> None:
    spans = {telemetry.SPAN_BOOK, telemetry.SPAN_PUT, telemetry.SPAN_ATTEMPT, telemetry.SPAN_SEND_DEFAULT}
    spans |= {telemetry.SPAN_BOUNCE, telemetry.SPAN_REPLAY, *telemetry.SPAN_SEND.values(), *telemetry.SPAN_CHANGES}
    listed = column(section("docs/reference/telemetry.md", "Spans"), "span")
    assert set(listed) - {"{method} {route}"} == spans


def test_every_attribute_of_our_own_is_listed() -> None:
    files = ("telemetry/spans.py", "telemetry/links.py", "notify/worker/attempts.py")
    said = {text for file in files for text in texts(SOURCE / file)}
    ours = {text for text in said if re.fullmatch(r"hireloop\.[a-z_.]+", text)} - metrics()
    listed = re.findall(r"`(hireloop\.[a-z_.]+)`", section("docs/reference/telemetry.md", "Spans"))
    assert set(listed) == ours


def test_the_version_of_the_semantic_conventions_is_named() -> None:
    version = telemetry.SCHEMA_URL.rpartition("/")[2]
    assert f"semantic conventions {version}" in section("docs/reference/telemetry.md", "Spans").replace("\n", " ")


def test_every_metric_is_listed() -> None:
    assert set(column(section("docs/reference/telemetry.md", "Metrics"), "metric")) == metrics()


def test_every_log_event_is_in_the_vocabulary_with_its_level_and_each_there_is_written() -> None:
    levels = {"debug": "debug", "info": "info", "warning": "warning", "error": "error", "exception": "error"}
    said = {
        (event, levels[method])
        for path in SOURCE.rglob("*.py")
        for on, method, event in calls(path)
        if on.rpartition(".")[2] == "log" and method in levels
    }
    known = {(event, level) for event, several in events.LEVELS.items() for level in several}
    named_by_kind = {f"delivery.{kind.value}" for kind in EndKind} | {"delivery.not_listed"}
    assert {(event, level) for event, level in known if event not in named_by_kind} == said
    assert named_by_kind <= events.LEVELS.keys()


@pytest.mark.parametrize("kind", EndKind)
def test_the_levels_of_each_end_are_those_of_the_vocabulary(kind: EndKind) -> None:
    ends = [
        End(delivery=db.new_id(), end=kind, kind="invitation", channel="email", required=required)
        for required in (True, False)
    ]
    assert {end.level for end in ends} == set(events.LEVELS[f"delivery.{kind.value}"])


def test_every_sweep_is_listed() -> None:
    settings = settings_for("postgresql://u@localhost/x")
    chores = work.chores(settings, [], OUTBOX, Simulator(ReturnPath.of(settings)))
    sweeps = {sweep_name_of(chore) for _, chore in chores} | {"heartbeat", "deadlines"}  # of every worker
    assert set(column(section("docs/how-to/watch-an-installation.md", "Sweeps"), "sweep")) == sweeps


def test_every_log_event_is_listed_with_its_levels() -> None:
    rows = rows_of(section("docs/reference/telemetry.md", "Log events"))
    listed = [(code(row["event"]), tuple(re.split(r", | or ", row["level"]))) for row in rows]
    assert len(listed) == len(dict(listed))
    assert dict(listed) == dict(events.LEVELS)


def test_the_picture_of_a_trace_shows_the_spans_that_there_are() -> None:
    picture = (DOCS / "images/trace.svg").read_text("utf-8")
    for name in (telemetry.SPAN_BOOK, telemetry.SPAN_PUT, telemetry.SPAN_ATTEMPT, telemetry.SPAN_SEND["email"]):
        assert f">{name}</text>" in picture


# --- Problems --------------------------------------------------------------------------------------------------


def test_every_problem_is_listed_with_its_status() -> None:
    listed = [(code(row["code"]), int(row["status"])) for row in rows_of(section("docs/reference/api.md", "Problems"))]
    ours = [(slug, status) for status, slug in problems.STATUSES.values()]
    assert listed[: len(ours)] == ours
    strangers: list[Exception] = [HTTPException(status_code=status) for status in (405, 408, 413, 414, 415, 431)]
    strangers += [ValueError(), ConnectionError(), DeadlockDetectedError()]
    others = [problems.problem_of(error) for error in strangers]
    assert listed[len(ours) :] == [(problem.code, problem.status) for problem in others]


def test_a_page_about_a_problem_says_what_the_list_of_problems_says() -> None:
    rows = [row for row in rows_of(section("docs/reference/api.md", "Problems")) if "code" in row]
    listed = {code(row["code"]): re.sub(r"\[(.*?)\]\(.*?\)", r"\1", row["meaning"]) for row in rows}
    assert listed == {name: one.meaning for name, one in problem_pages.EXPLANATIONS.items()}


# --- Calls and commands ----------------------------------------------------------------------------------------


def calls_named_in(text: str) -> Iterator[tuple[str, str]]:
    """Yield method and path of every call of the API in a text, an id as `{}`; what a heading names is an old one."""
    lines = "\n".join(line for line in text.splitlines() if not line.startswith("### "))
    verb = "(?:GET|POST|PUT|PATCH|DELETE)"
    for methods, path in re.findall(rf"\b({verb}(?: {verb})*) (/api/[^\s`?]*)", lines):
        at = re.sub(r"\{[^}]*\}|[^/]*…[^/]*", "{}", path).rstrip("/")
        yield from ((method, at) for method in methods.split())


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_call_that_a_page_names_exists(page: Path, documented: Documented) -> None:
    known = {
        (method.upper(), re.sub(r"\{[^}]*\}", "{}", path).rstrip("/"))
        for method, path, _ in documented.operations.values()
    }
    assert set(calls_named_in(page.read_text("utf-8"))) <= known


def test_the_refusals_of_a_booking_are_those_that_the_page_for_frontends_explains() -> None:
    text = section("docs/how-to/book-from-a-frontend.md", "What to do about each refusal")
    cells = [row["`code`"] for row in rows_of(text)]
    named = {slug for cell in cells for slug in re.findall(r"`([\w-]+)`(?! \()", cell)}
    assert named == {problems.STATUSES[kind][1] for kind in BOOKS[REFUSALS]}
    others = {(slug, int(status)) for cell in cells for slug, status in re.findall(r"`([\w-]+)` \((\d+)\)", cell)}
    assert others <= {(slug, status) for status, slug in problems.STATUSES.values()}


def test_the_fields_for_frontends_of_the_django_application_exist() -> None:
    answers = {"Slots": SlotDetails, "Interviews": InterviewResponse, "Jobs": JobDetails}
    text = section("docs/how-to/move-from-the-django-application.md", "Fields")
    tables = re.findall(r"^\*\*(\w+)\*\*\n(.*?)(?=^\*\*|\Z)", text, re.MULTILINE | re.DOTALL)
    assert [name for name, _ in tables] == list(answers)
    for name, table in tables:
        known = answers[name].__struct_fields__
        for row in rows_of(table):
            there = {code(row["new"])} if row["new"].startswith("`") else {code(row["old"])}
            assert row["new"].startswith("none") or there <= set(known), row


def test_every_command_is_listed_with_its_options() -> None:
    rows = [row for row in rows_of(text_of(COMMAND_LINE)) if "command" in row]
    listed = {code(row["command"]).removeprefix("hireloop "): row["does"] for row in rows}
    leaves: dict[str, click.Command] = {}
    for name in COMMANDS:
        one = load(name)
        group = one.commands if isinstance(one, click.Group) else {"": one}
        leaves |= {f"{name} {leaf}".strip(): command for leaf, command in group.items()}
    assert set(listed) == set(leaves)
    for name, command in leaves.items():
        _, found, below = text_of(COMMAND_LINE).partition(f"\n## `hireloop {name}`\n")
        said = listed[name] + (below.partition("\n## ")[0] if found else "")
        options = {opt for one in command.params if not getattr(one, "hidden", False) for opt in one.opts}
        assert {opt for opt in options if opt.startswith("--") and f"`{opt}`" not in said} == set(), name


def lines_of_settings() -> Iterator[tuple[str, str, str]]:
    """Yield page, variable and value of every line in a block of settings; `…` is left for the reader to fill in."""
    for page in PAGES:
        for block in blocks_of(name_of(page)):
            if block.language == "ini":
                for line in block.text.splitlines():
                    variable, _, value = line.partition("=")
                    yield name_of(page), variable, value


def test_every_setting_that_a_page_sets_is_a_good_one(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = list(lines_of_settings())
    assert len(lines) > 5
    for page, variable, value in lines:
        assert variable.lower() in Settings.model_fields, f"{page}: {variable}"
        if "…" not in value:
            monkeypatch.setenv(variable, value)
            assert variable.lower() in Settings.read(_env_file=None).model_fields_set, f"{page}: {variable}"


# --- The repository --------------------------------------------------------------------------------------------


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), target
        assert ROOT in there.parents, target
        assert not anchor or anchor in anchors(there), target


def test_the_index_leads_to_every_page() -> None:
    linked = set(re.findall(r"\]\(([^)#\s]+)", text_of("docs/README.md")))
    pages = {str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md") if page not in DECISIONS}
    assert pages - {"README.md"} <= linked


def test_a_how_to_page_has_a_short_title() -> None:
    for page in (DOCS / "how-to").glob("*.md"):
        title = page.read_text("utf-8").partition("\n")[0]
        assert title.startswith("# "), page
        assert len(title) <= 60, page


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_make_target_that_a_page_names_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = re.findall(r"(?:`|^)make ([a-z-]+)", page.read_text("utf-8"), re.MULTILINE)
    assert set(named) <= targets


def known_commands() -> dict[str, set[str]]:
    """Return every command, with its own commands where it is a group."""
    loaded = ((name, load(name)) for name in COMMANDS)
    return {name: set(one.commands) if isinstance(one, click.Group) else set() for name, one in loaded}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_command_that_a_page_names_exists(page: Path) -> None:
    known = known_commands()
    for named in re.findall(r"(?<![/\w])hireloop ((?:[a-z][a-z-]* ?)+)", _code_in(page)):
        words = named.split()
        assert words[0] in known, named
        if known[words[0]] and len(words) > 1:
            assert words[1] in known[words[0]], named


def _code_in(page: Path) -> str:
    text = page.read_text("utf-8")
    blocks = re.findall(r"^```(?:sh)?\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return "\n".join([*blocks, *re.findall(r"`([^`\n]+)`", text)])


def test_the_readme_is_one_screen() -> None:
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) <= 70


def test_the_import_line_is_the_one_that_the_linter_proves() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    layers: list[str] = contracts[0]["layers"]
    assert f"\n{' -> '.join(layers)}\n" in section("ARCHITECTURE.md", "The import line")


def drawn_paths() -> Iterator[Path]:
    """Yield every path of the drawing in ARCHITECTURE.md, whose folders are indented two spaces a level."""
    folders = [ROOT]
    for line in section("ARCHITECTURE.md", "Where to look for what").strip().strip("`").strip("\n").splitlines():
        folders = folders[: 1 + (len(line) - len(line.lstrip())) // 2]
        first, *others = re.split(r" {3,}", line.strip())
        names = first.split("  ")
        if len(names) == 1 and first.endswith("/"):
            folders.append(folders[-1] / first)
            yield folders[-1]
            names = []
        words = [*names, *(word.strip(",;:") for column in others for word in column.split())]
        yield from (folders[-1] / word for word in words if re.search(r"\w/$|\w\.(?:py|md|json|yaml)$", word))


def test_every_path_in_the_architecture_exists() -> None:
    drawn = list(drawn_paths())
    assert len(drawn) > 50
    assert [path for path in drawn if not path.exists()] == []


def test_every_folder_of_the_source_is_in_the_architecture() -> None:
    folders = {path for path in SOURCE.rglob("*") if path.is_dir() and path.name != "__pycache__"}
    of_messages = {path for path in folders if path.parent == SOURCE / "notify/rendering/templates"}  # one a kind
    assert len(folders) > 40
    assert folders - of_messages - {path.resolve() for path in drawn_paths()} == set()


@needs_git
def test_every_folder_at_the_top_is_in_the_architecture() -> None:
    at_the_top = {ROOT / file.relative_to(ROOT).parts[0] for file in repository_files() if file.parent != ROOT}
    assert at_the_top - {path.resolve() for path in drawn_paths()} == {ROOT / "src"}  # its one folder stands for it


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_path_that_a_page_names_exists(page: Path) -> None:
    named = re.findall(r"`((?:[\w.-]+/)+[\w.-]+\.(?:py|toml|ya?ml|md|txt|svg|png))`", page.read_text("utf-8"))
    for path in named:
        assert any((base / path).exists() for base in (ROOT, SOURCE, page.parent)), path


def test_every_decision_that_the_code_names_exists() -> None:
    named = {
        found for path in SOURCE.rglob("*.py") for found in re.findall(r"docs/[\w./-]+\.md", path.read_text("utf-8"))
    }
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


# --- The examples ----------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("database")
async def test_the_query_of_the_page_on_failures_finds_a_booking_without_its_invitation() -> None:
    text = section("docs/how-to/recover-from-a-failure.md", "The ledger is not 0")
    query = re.findall(r"```sql\n(.*?)```", text, re.DOTALL)[0]
    booked = await book()
    assert await db.fetch(query) == []
    await db.fetch("DELETE FROM delivery")
    assert [row["schedule"] for row in await db.fetch(query)] == [booked.booking.id]
    (found,) = await db.fetch(query)
    await links.reissue(found["session"], by=TESTS, outbox=OUTBOX)
    assert await db.fetch(query) == []


@pytest.mark.usefixtures("database")
async def test_the_query_of_the_page_on_failures_finds_a_slot_whose_interviewer_was_not_told() -> None:
    text = section("docs/how-to/recover-from-a-failure.md", "The ledger is not 0")
    query = re.findall(r"```sql\n(.*?)```", text, re.DOTALL)[1]
    slot = await make_slot(interviewer_email="ravi@acme.example", interviewer_name="Ravi Kumar")
    await book(slot=slot)
    assert await db.fetch(query) == []
    await db.fetch("DELETE FROM delivery WHERE slot IS NOT NULL")
    assert [(row["slot"], row["address"]) for row in await db.fetch(query)] == [(slot, "ravi@acme.example")]
    for name in ("Ravi", "Ravi Kumar"):
        await slots.change(slot, SlotPatch(interviewer_name=name), by=TESTS, outbox=OUTBOX)
    assert await db.fetch(query) == []
    assert await unaccounted() == 0
