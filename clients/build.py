"""`python clients/build.py [DIRECTORY]`: the Python client as a wheel and the TypeScript client as npm's package.

They are written into `dist/` unless another directory is named. Nothing is fetched.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import generate_python
import generate_typescript
import node
import openapi_file


class BuildError(Exception):
    """What hatchling said."""


def wheel(into: Path) -> Path:
    """Build the Python client and return the wheel's path; raises BuildError with what was said."""
    generate_python.bring_up_to_date()
    project = generate_python.PACKAGE.parent
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(into.resolve())]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)  # noqa: S603 (our own arguments)
    if done.returncode:
        raise BuildError(done.stdout + done.stderr)
    return into / f"hireloop_client-{generate_python.version()}-py3-none-any.whl"


def package(into: Path) -> Path:
    """Build the TypeScript client and return the path of npm's package; raises CompileError or NodeError."""
    with tempfile.TemporaryDirectory() as folder:
        generate_typescript.compile_into(Path(folder))
        packed = node.npm("pack", "--pack-destination", str(into.resolve()), cwd=Path(folder))
    return into / packed.split()[-1]


def main() -> None:
    """Build both."""
    into = Path(sys.argv[1]) if sys.argv[1:] else openapi_file.ROOT / "dist"
    into.mkdir(parents=True, exist_ok=True)
    for built in (wheel(into), package(into)):
        sys.stdout.write(f"{built}\n")


if __name__ == "__main__":
    main()
