"""The TypeScript client as it is published: compiled against strictly, and used under Node.js on a real server."""

import json
import shutil
import tarfile
from pathlib import Path
from typing import Any

import pytest

import build
import generate_python
import generate_typescript
import node
from clients.node_packages import needs_npm_packages
from hireloop import db
from hireloop.access import api_keys
from hireloop.access.tables import Role
from hireloop.scheduling.audit import Actor
from processes import Server, environment

pytestmark = needs_npm_packages
HERE = generate_typescript.HERE
NEEDED = ("openapi-fetch", "openapi-typescript-helpers")


@pytest.fixture(scope="module")
def frontend(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Somebody's project, into which the package is installed as npm would: unpacked, with what it needs."""
    folder = tmp_path_factory.mktemp("frontend")
    packed = build.package(folder)
    assert packed.name == f"hireloop-client-{generate_python.version()}.tgz"
    modules = folder / "node_modules"
    modules.mkdir()
    with tarfile.open(packed) as archive:
        archive.extractall(folder)  # noqa: S202 (what we have just packed ourselves; Python 3.11.2 has no filters)
    (folder / "package").rename(modules / "hireloop-client")
    for name in NEEDED:
        (modules / name).symlink_to(HERE / "node_modules" / name)
    (folder / "package.json").write_text(json.dumps({"type": "module", "private": True}))
    for file in (HERE / "tests").iterdir():
        shutil.copy(file, folder)
    return folder


def test_the_package_holds_what_it_needs_and_nothing_else(frontend: Path) -> None:
    package = frontend / "node_modules" / "hireloop-client"
    files = {file.name for file in package.iterdir()}
    assert files == {"index.js", "index.d.ts", "schema.js", "schema.d.ts", "package.json", "README.md", "LICENSE"}
    told = json.loads((package / "package.json").read_text())
    assert told["version"] == generate_python.version()
    assert not {"private", "devDependencies", "scripts"} & set(told)
    assert set(told["dependencies"]) <= set(NEEDED)


def test_what_fits_compiles_strictly_and_what_must_not_does_not(frontend: Path) -> None:
    generate_typescript.compile_project(frontend, "--noEmit")


def test_the_compiler_is_heard(frontend: Path) -> None:
    wrong = frontend / "wrong.ts"
    wrong.write_text('import type { Schemas } from "hireloop-client";\nexport const it: Schemas["SlotFields"] = {};\n')
    with pytest.raises(generate_typescript.CompileError, match=r"wrong\.ts\(2,14\): error TS"):
        generate_typescript.compile_project(frontend, "--noEmit")
    wrong.unlink()


@pytest.mark.long  # compiles twice
def test_a_default_or_a_closed_union_would_be_found(frontend: Path) -> None:
    """What `types.ts` proves, it proves of the generator's options: without them it does not compile."""
    types = frontend / "node_modules" / "hireloop-client" / "schema.d.ts"
    kept = types.read_text()
    try:
        types.write_text(kept.replace("(string & {})", "never"))
        with pytest.raises(generate_typescript.CompileError, match="slot-on-the-moon"):
            generate_typescript.compile_project(frontend, "--noEmit")
        types.write_text(kept.replace("seats?: ", "seats: "))
        with pytest.raises(generate_typescript.CompileError, match="seats"):
            generate_typescript.compile_project(frontend, "--noEmit")
    finally:
        types.write_text(kept)


def test_types_are_written_once(frontend: Path) -> None:
    assert frontend.exists()
    assert not generate_typescript.bring_up_to_date()


async def test_a_booking_lives_over_the_client(frontend: Path, database_url: str) -> None:
    async with db.opened(database_url, pool_size=1):
        _, key = await api_keys.create("frontend", Role.RECRUITER, by=Actor("tests"))
    generate_typescript.compile_project(frontend)
    with Server(environment(database_url, BASE_URL="https://hire.example")) as server:
        done = node.run(frontend / "journey.js", cwd=frontend, HIRELOOP_URL=server.url, HIRELOOP_KEY=key)
    assert done.returncode == 0, done.stderr
    seen: dict[str, Any] = json.loads(done.stdout)
    assert seen.pop("link").startswith("https://hire.example/?session_key=")
    assert seen == {
        "booked": {"status": 201, "state": "pending", "invitation": "pending"},
        "repeated": {"status": 201, "same": True, "replayed": "true"},
        "again": {"status": 200, "same": True},
        "reused": {"status": 422, "code": "idempotency-key-reused"},
        "conflicts": [
            {"status": 409, "code": "slot-full", "then": "another slot"},
            {"status": 409, "code": "interview-already-scheduled", "then": "move it"},
        ],
        "wrong": {"status": 400, "code": "bad-input", "field": "ends_at"},
        "read": {"status": 200, "invitation": ["invitation"]},
        "unchanged": 304,
        "cancelled": {"state": "cancelled", "change": ["cancelled"]},
        "paged": True,
        "stranger": "not-signed-in",
        "ready": "ok",
    }
