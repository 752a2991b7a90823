"""The TypeScript client: its types from `openapi.json`, compiled into a package; `clients/build.py` packs it."""

import hashlib
import json
import shutil
from pathlib import Path

import generate_python
import node
import openapi_file
from locks import locked

HERE = Path(__file__).resolve().parent / "typescript"
SCHEMA = HERE / "src" / "schema.ts"
_TSC = HERE / "node_modules" / "typescript" / "bin" / "tsc"
_NOT_FOR_USERS = ("private", "devDependencies")


class CompileError(Exception):
    """What the generator or the compiler said."""


def bring_up_to_date() -> bool:
    """Write the types of the document where they are missing, stale or altered, and return whether they were.

    Processes that call at once wait for each other. Raises CompileError with what the generator said, and NodeError
    without Node.js.
    """
    if _is_up_to_date():
        return False
    with locked(SCHEMA.parent):
        if _is_up_to_date():  # another process was quicker
            return False
        _generate()
    return True


def _generate() -> None:
    fresh = SCHEMA.with_name("schema.fresh")
    done = node.run("generate.mjs", fresh, cwd=HERE)
    if done.returncode:
        raise CompileError(done.stderr)
    types = fresh.read_text("utf-8")
    fresh.write_text(f"// Made from {_digest_of_sources()} {_digest(types)}\n{types}", "utf-8")
    fresh.replace(SCHEMA)


def compile_into(folder: Path) -> None:
    """Compile the package into an empty folder, as it is published; raises CompileError with what tsc said."""
    bring_up_to_date()
    compile_project(HERE, "--outDir", str(folder))
    known = json.loads((HERE / "package.json").read_text("utf-8"))
    told = {name: value for name, value in known.items() if name not in _NOT_FOR_USERS}
    told["version"] = generate_python.version()
    (folder / "package.json").write_text(json.dumps(told, indent=2) + "\n", "utf-8")
    shutil.copy(HERE / "README.md", folder)
    shutil.copy(openapi_file.ROOT / "LICENSE", folder)


def compile_project(folder: Path, *options: str) -> None:
    """Run the TypeScript compiler on a folder with a tsconfig.json; raises CompileError with what it said."""
    done = node.run(_TSC, "--project", folder, "--pretty", "false", *options, cwd=folder)
    if done.returncode:
        raise CompileError(done.stdout + done.stderr)


def _is_up_to_date() -> bool:
    try:
        first, _, types = SCHEMA.read_text("utf-8").partition("\n")
    except OSError:
        return False
    return first == f"// Made from {_digest_of_sources()} {_digest(types)}"


def _digest_of_sources() -> str:
    sources = (openapi_file.PATH, HERE / "generate.mjs", HERE / "package-lock.json")
    return hashlib.sha256(b"\0".join(source.read_bytes() for source in sources)).hexdigest()


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
