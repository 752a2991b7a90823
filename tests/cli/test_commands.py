"""The command line's list of commands: complete, true, and quick, as each command is imported when it is called."""

import json
import os
import re
import subprocess
import sys
import tempfile
from importlib.metadata import version

import pytest
from click.testing import CliRunner

from hireloop.cli import group
from hireloop.cli.commands import COMMANDS, load
from processes import environment

# What takes long to import, and what shows that a command was imported that nobody called.
HEAVY = {"litestar", "apprise", "babel", "jinja2", "opentelemetry.sdk", "granian", "black"}
OF_A_RUN = {"asyncpg", "piccolo", "pydantic", "structlog", "opentelemetry", "msgspec", "asyncio"}
# The command line in a process of its own, which says at its end, on a last line, what it has imported.
SAYS_ITS_IMPORTS = """
import json, sys
from hireloop.cli import main
sys.argv[0] = "hireloop"
try:
    main()
finally:
    print("\\n" + json.dumps(list(sys.modules)))
"""


def run(*arguments: str, **settings: str) -> tuple[subprocess.CompletedProcess[str], set[str]]:
    """Run a command to its end, and return how it went and which modules it has imported."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    ran = subprocess.run(
        [sys.executable, "-c", SAYS_ITS_IMPORTS, *arguments],
        env={**kept, **settings},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=tempfile.gettempdir(),
    )
    *said, modules = ran.stdout.rstrip("\n").split("\n")
    ran.stdout = "\n".join(said).rstrip("\n")
    return ran, set(json.loads(modules))


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--help"], 0, "Commands:\n"),
        (["-h"], 0, "Commands:\n"),
        (["--version"], 0, f"hireloop {version('hireloop')}"),
        ([], 2, "Commands:\n"),
        (["nonsense"], 2, "No such command 'nonsense'"),
        (["ledgr"], 2, "No such command 'ledgr'"),
        (["--nonsense"], 2, "No such option"),
    ],
)
def test_what_calls_no_command_imports_none(arguments: list[str], code: int, said: str) -> None:
    ran, modules = run(*arguments)
    assert ran.returncode == code
    assert said in ran.stdout + ran.stderr
    assert not modules & (HEAVY | OF_A_RUN)
    assert {name for name in modules if name.startswith("hireloop")} == {
        *("hireloop", "hireloop.cli", "hireloop.cli.commands", "hireloop.errors"),
        *("hireloop.wording", "hireloop.wording.phrases"),
    }


@pytest.mark.parametrize("words", ["hireloop ", "hireloop l", "hireloop deliveries"])
def test_the_shell_completes_a_command_without_importing_it(words: str) -> None:
    ran, modules = complete(words)
    names = re.findall(r"^plain\n(.*)\n(.*)$", ran.stdout, re.MULTILINE)
    begun = words.removeprefix("hireloop ")
    assert dict(names).keys() == {name for name in COMMANDS if name.startswith(begun)}
    assert not modules & (HEAVY | OF_A_RUN)


def test_the_shell_completes_what_stands_behind_a_command() -> None:
    assert "plain\nreplay\n" in complete("hireloop deliveries re")[0].stdout
    assert "plain\n--accept-secret\n" in complete("hireloop migrate --")[0].stdout


def complete(words: str) -> tuple[subprocess.CompletedProcess[str], set[str]]:
    """Ask as zsh does for how the last of these words may go on."""
    environment = {"COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
    return run(_HIRELOOP_COMPLETE="zsh_complete", **environment)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_commands_help_in_the_list_is_its_own(name: str) -> None:
    command, listed = load(name), group.commands[name]
    assert command.name == name
    assert not command.hidden
    for width in (20, 57, 1_000):
        assert listed.get_short_help_str(width) == command.get_short_help_str(width)


def test_help_lists_every_command_with_its_help() -> None:
    said = CliRunner().invoke(group, ["--help"], terminal_width=300).output
    lines = dict(re.findall(r"^  ([a-z-]+)  +(\S.*)$", said.partition("Commands:\n")[2], re.MULTILINE))
    assert lines == {name: load(name).get_short_help_str(300) for name in COMMANDS}


def test_a_group_of_commands_shows_its_own_help() -> None:
    ran, modules = run("deliveries", "--help")
    assert ran.returncode == 0
    assert re.findall(r"^  (\w+) ", ran.stdout.partition("Commands:\n")[2], re.MULTILINE) == ["list", "replay", "show"]
    assert "hireloop.cli.keys" not in modules


@pytest.mark.parametrize(
    "arguments",
    [
        ["ledger"],
        ["bounces"],
        ["deliveries", "list"],
        ["deliveries", "replay", "--reason", "policy_block"],
        ["keys", "list"],
        ["migrate"],
    ],
    ids=" ".join,
)
def test_what_is_run_often_loads_neither_the_doors_nor_the_transports(arguments: list[str], database_url: str) -> None:
    ran, modules = run(*arguments, **environment(database_url))
    assert (ran.returncode, '"level": "error"' in ran.stderr) == (0, False)
    assert not modules & HEAVY


def test_the_servers_parent_and_a_worker_without_chat_load_no_more_than_they_use(database_url: str) -> None:
    refused, modules = run("serve", "--host", "nowhere.invalid", **environment(database_url))
    assert "cannot be used" in refused.stderr
    assert not modules & (HEAVY - {"granian"})
    refused, modules = run("work", **environment(database_url, DATABASE_URL="postgresql://nobody@127.0.0.1:1/d"))
    assert "cannot be reached" in refused.stderr
    assert not modules & {"litestar", "granian", "black", "apprise.plugins.slack"}
