"""Where the data is and who runs the processes: everybody as themselves, root as a system user where that can be."""

import os
import pwd
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hireloop.errors import SettingsError
from hireloop.local import place
from hireloop.local.place import DataLocation, place_of
from hireloop.settings import Settings
from sample_settings import settings_for

RunPython = Callable[..., "subprocess.Popen[str]"]
NOBODY = 65534
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
_BECOME = """
import os, sys; from pathlib import Path
from hireloop.local.place import DataLocation, become; from hireloop.local.server_user import ServerUser
become(DataLocation(Path(sys.argv[1]), ServerUser(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))))
(Path(sys.argv[1]) / 'mine').write_text('')
print(os.getresuid(), os.getresgid(), os.getgroups(), os.environ['HOME'], os.getcwd())
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that everybody may pass through, as pytest's own may not be."""
    made = Path(tempfile.mkdtemp(prefix="hireloop-place-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.fixture
def readable(monkeypatch: pytest.MonkeyPatch) -> None:
    """An interpreter that everybody can run; these tests may run on one that is root's alone."""
    monkeypatch.setattr(sys, "executable", "/bin/true")


def settings_in(data_dir: Path | None) -> Settings:
    return Settings.read(_env_file=None, hireloop_data_dir=data_dir)


def test_a_user_other_than_root_is_themselves_in_the_directory_that_they_name(
    monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.chdir(folder)
    assert place_of(settings_in(Path("data"))) == DataLocation(folder / "data")


@as_root
@pytest.mark.usefixtures("readable")
def test_root_becomes_postgresqls_user_where_that_user_can_read_everything(folder: Path) -> None:
    found = place_of(settings_in(folder / "data"))
    assert found.user is not None
    assert found.user.uid == pwd.getpwnam(found.user.name).pw_uid != 0
    assert (found.data_dir, found.why_root) == (folder / "data", "")


@as_root
@pytest.mark.usefixtures("readable")
def test_root_becomes_the_user_whose_data_it_is(folder: Path) -> None:
    for made in (folder / "data", folder / "data" / "postgres"):
        made.mkdir()
        os.chown(made, 12345, 12345)
        found = place_of(settings_in(folder / "data"))
        assert found.user is not None
        assert (found.user.uid, found.user.gid) == (12345, 12345)


@as_root
@pytest.mark.usefixtures("readable")
def test_root_stays_root_where_the_data_is_out_of_the_users_reach(
    monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    (folder / "closed").mkdir(mode=0o700)
    monkeypatch.setattr(place, "default_data_dir", lambda: folder / "closed" / "checkout" / ".hireloop")
    found = place_of(settings_in(None))
    assert (found.data_dir, found.user) == (Path("/var/lib/hireloop"), None)
    assert found.why_root.startswith("The API, the worker and the mailbox run as root because the user ")
    assert found.why_root.endswith(f" has no access to {folder}/closed.")
    named = place_of(settings_in(folder / "closed" / "data"))
    assert named.data_dir == folder / "closed" / "data"  # PostgreSQL's own check says what to do about it


@as_root
def test_root_stays_root_where_the_interpreter_is_out_of_the_users_reach(
    monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    shutil.copy("/bin/true", closed / "python")
    monkeypatch.setattr(sys, "executable", str(closed / "python"))
    found = place_of(settings_in(folder / "data"))
    assert (found.data_dir, found.user) == (folder / "data", None)
    assert found.why_root.endswith(f" cannot run {closed}/python (it has no access to {closed}).")


@as_root
def test_root_stays_root_where_the_packages_cannot_be_read(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    found = place_of(settings_in(folder / "data"))
    assert found.user is None
    assert found.why_root.endswith(f" cannot read the packages in {sys.prefix}.")


@as_root
def test_becoming_somebody_hands_over_what_was_roots_and_leaves_no_way_back(
    folder: Path, run_python: RunPython
) -> None:
    data = folder / "data"
    (data / "mailbox" / "new").mkdir(parents=True)
    (data / "mailbox" / "new" / "1").write_text("")
    (data / "secret").write_text("")
    ran = run_python(_BECOME, data, "nobody", 65534, 65534)
    assert ran.communicate()[0] == f"(65534, 65534, 65534) (65534, 65534, 65534) [] {data} {data}\n"
    assert {path.stat().st_uid for path in (data, *data.rglob("*"))} == {65534}
    assert stat.S_IMODE(data.stat().st_mode) == 0o700


@as_root
@pytest.mark.usefixtures("readable")
def test_root_stays_root_where_the_directory_holds_something_else(folder: Path) -> None:
    (folder / "data").mkdir()
    (folder / "data" / "thesis.txt").write_text("")
    found = place_of(settings_in(folder / "data"))
    assert found.user is None
    assert found.why_root.endswith(f" cannot write to {folder}/data.")
    (folder / "data" / "thesis.txt").rename(folder / "data" / "lost+found")
    assert place_of(settings_in(folder / "data")).user is not None


@as_root
def test_root_stays_root_in_no_directory_of_somebody_else(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    (folder / "data").mkdir()
    os.chown(folder / "data", NOBODY, NOBODY)
    with pytest.raises(
        SettingsError, match=f"{folder}/data belongs to another user, and root does not work in other users"
    ):
        place_of(settings_in(folder / "data"))


@as_root
@pytest.mark.usefixtures("readable")
def test_root_stays_root_for_a_database_of_ones_own(folder: Path) -> None:
    found = place_of(settings_for("postgresql:///hire", hireloop_data_dir=folder / "data"))
    assert (found.data_dir, found.user) == (folder / "data", None)
    assert "run as root: DATABASE_URL is set" in found.why_root


@as_root
@pytest.mark.usefixtures("readable")
def test_a_link_to_the_directory_means_the_directory(folder: Path) -> None:
    (folder / "disk").mkdir()
    (folder / "data").symlink_to(folder / "disk")
    found = place_of(settings_in(folder / "data"))
    assert found.data_dir == folder / "disk"


@as_root
def test_no_key_of_roots_goes_along(folder: Path, run_python: RunPython, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_SECRET_ACCESS_KEY", "SSH_AUTH_SOCK", "PGPASSWORD"):
        monkeypatch.setenv(name, "canary")
    for name in ("email_host", "PICCOLO_CONF", "OTEL_SERVICE_NAME", "HTTPS_PROXY", "LC_TIME"):
        monkeypatch.setenv(name, "kept")
    ran = run_python(f"{_BECOME}\nprint(os.environ)", folder / "data", "nobody", NOBODY, NOBODY)
    said = ran.communicate()[0]
    assert "canary" not in said
    assert said.count("kept") == 5


@as_root
@pytest.mark.parametrize("kept", ["thesis.txt", "secret.old"])
def test_a_directory_that_holds_something_else_is_not_handed_over(
    folder: Path, run_python: RunPython, kept: str
) -> None:
    data = folder / "data"
    data.mkdir()
    (data / kept).write_text("")
    (data / "secret").write_text("")
    run_python(_BECOME, data, "nobody", 65534, 65534).communicate()
    assert {path.stat().st_uid for path in (data, *data.rglob("*"))} == {0}


@as_root
def test_a_link_in_a_directory_that_is_handed_over_leads_to_nothing_that_is(
    folder: Path, run_python: RunPython
) -> None:
    data = folder / "data"
    data.mkdir()
    (folder / "roots").write_text("")
    (data / "secret").symlink_to(folder / "roots")
    run_python(_BECOME, data, "nobody", 65534, 65534).communicate()
    assert data.stat().st_uid == 65534
    assert (folder / "roots").stat().st_uid == 0


def test_a_file_where_the_directory_should_be_is_named(folder: Path) -> None:
    (folder / "data").write_text("")
    with pytest.raises(SettingsError, match=f"HIRELOOP_DATA_DIR: {folder}/data cannot be used"):
        place.become(DataLocation(folder / "data"))
