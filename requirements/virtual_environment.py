"""The virtual environment that a lock is installed into: what it holds, whether it is whole, and how it is made."""

import hashlib
import json
import re
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from programs import InstallError, fault_in, last_line, run, say

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parent
BOOTSTRAP = HERE / "bootstrap.txt"
PIP = ["-m", "pip", "--disable-pip-version-check", "--no-input"]

_CONTAINS = {"run": ("dev",)}  # which environments serve a lock as they are
_RECORD = "hireloop-installed.json"  # in the environment: what it holds; missing while it is being changed
_BEGUN = "hireloop-installing"  # in the environment while it is being changed
_USUAL = {_RECORD, _BEGUN, "bin", "include", "lib", "lib64", "share", "etc", "pyvenv.cfg", ".gitignore", ".lock"}
_USUAL |= {"CACHEDIR.TAG", ".DS_Store"}


def lock_to_install(lock: str, into: Path) -> str:
    """Return the lock itself, or the larger one that the environment was made from and that contains it."""
    held = str(installed(into).get("lock", ""))
    return held if held in _CONTAINS.get(lock, ()) else lock


def installed(into: Path) -> Mapping[str, object]:
    """Return what the environment's record says, nothing where there is no whole one."""
    try:
        found = json.loads((into / _RECORD).read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def record_of(lock: str, into: Path, *, project: bool) -> dict[str, object]:
    """Return what the environment's record has to say once this lock is in it, but for the names of its packages."""
    sources = [HERE / f"{lock}.txt", BOOTSTRAP, *sorted(HERE.glob("*.py"))]
    sources += [PROJECT / "pyproject.toml"] if project else []
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()
    return {"lock": lock, "digest": digest, "path": str(into), "project": project, "python": python_in(into)}


def is_installed(record: Mapping[str, object], into: Path, *, same_python: bool) -> bool:
    """Return whether the environment is at the place, of the Python and from the files that the record names."""
    held = {name: value for name, value in installed(into).items() if name != "packages"}
    return held == record and has_all(into) and not (same_python and is_of_another_python(into))


def has_all(into: Path) -> bool:
    """Return whether all that the record lists is still there; what somebody has added is theirs."""
    listed = installed(into).get("packages")
    return isinstance(listed, list) and bool(listed) and set(listed) <= set(packages_in(into))


def begin(into: Path) -> None:
    """Mark the environment as one that is being changed, until `finish`."""
    (into / _BEGUN).touch()
    (into / _RECORD).unlink(missing_ok=True)


def finish(into: Path, lock: str, *, project: bool) -> None:
    """Write down what the environment holds now."""
    whole = {**record_of(lock, into, project=project), "packages": packages_in(into)}
    (into / _RECORD).write_text(json.dumps(whole))
    (into / _BEGUN).unlink()


def packages_in(into: Path) -> list[str]:
    """Return the names of what lies among the environment's packages."""
    return sorted(path.name for folder in into.glob("lib/python3.*/site-packages") for path in folder.iterdir())


def python_in(into: Path) -> str:
    """Return the version of the environment's interpreter, empty where it does not run: its Python may be gone."""
    program = into / "bin" / "python"
    if not program.exists():
        return ""
    done = run([str(program), "-I", "-S", "-c", "import sys; print('%d.%d' % sys.version_info[:2])"])
    return done.said.strip() if done.code == 0 else ""


def is_of_another_python(into: Path) -> bool:
    """Return whether the environment was made by another Python than the one that runs this."""
    home = setting_of(into, "home")
    base = Path(getattr(sys, "_base_executable", sys.executable)).parent
    return bool(home) and (Path(home) != base or version_of(into) != ".".join(map(str, sys.version_info[:3])))


def version_of(into: Path) -> str:
    """Return the version of Python that the environment was made for, in three numbers; uv has another name for it."""
    version = setting_of(into, "version") or setting_of(into, "version_info")
    return ".".join(version.split(".")[:3])


def setting_of(into: Path, name: str) -> str:
    """Return a setting in the environment's pyvenv.cfg, empty where there is none."""
    try:
        text = (into / "pyvenv.cfg").read_text()
    except OSError:
        return ""
    found = re.search(rf"^{name} *= *(.*)$", text, re.MULTILINE)
    return found[1].strip() if found else ""


def make_environment(into: Path, *, with_pip: bool, same_python: bool) -> None:
    """Make the environment; one that is whole stays, and one that only lacks pip is given it."""
    why = why_anew(into, same_python=same_python)
    if why is None and (not with_pip or has_pip(into)):
        return
    if why is None:
        why = ", because it was left unfinished"
        if run([str(into / "bin" / "python"), "-I", "-m", "ensurepip", "--default-pip"]).code == 0 and has_pip(into):
            return
    must_be_an_environment(into)
    say(f"{'Recreating' if why else 'Creating'} the virtual environment {shown(into)}{why}")
    into.mkdir(parents=True, exist_ok=True)
    begin(into)  # before anything else: whoever is interrupted here leaves something that is known as ours
    remove_all_but(into, _BEGUN)
    done = run([sys.executable, "-m", "venv", *([] if with_pip else ["--without-pip"]), str(into)])
    if done.code:
        raise InstallError(fault_in(done.said) or f"`python -m venv` ended with: {last_line(done.said)}")
    (into / _BEGUN).unlink()


def why_anew(into: Path, *, same_python: bool) -> str | None:
    """Return why the environment has to be made, as the end of a sentence; None where it can stay."""
    if not into.exists() or not any(into.iterdir()):
        return ""
    held = installed(into)
    if held and held.get("path") != str(into):
        return ", because it was moved"
    if (into / _BEGUN).exists() or not setting_of(into, "home"):
        return ", because it was left unfinished"
    made_by = version_of(into).rpartition(".")[0]
    if not made_by or python_in(into) != made_by:
        return ", because its Python is gone"
    if held and not has_all(into):
        return ", because some of it is missing"
    return " for another Python" if same_python and is_of_another_python(into) else None


def has_pip(into: Path) -> bool:
    """Return whether the environment has a pip that runs."""
    return run([str(into / "bin" / "python"), *PIP, "--version"]).code == 0


def must_be_an_environment(into: Path) -> None:
    """Raise InstallError where the directory holds anything that no virtual environment does: it is somebody's."""
    strange = sorted({path.name for path in into.iterdir()} - _USUAL) if into.is_dir() else []
    if strange:
        msg = (
            f"{into} holds {strange[0]}, so it is not just a virtual environment: remove it, or name another directory."
        )
        raise InstallError(msg)


def remove_all_but(into: Path, kept: str) -> None:
    """Empty a directory but for one file."""
    for path in into.iterdir():
        if path.name == kept:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def shown(path: Path) -> str:
    """Return a path as somebody in the checkout would write it."""
    return str(path.relative_to(PROJECT)) if path.is_relative_to(PROJECT) else str(path)
