"""What a server's installation consists of, as a CycloneDX bill of materials in JSON.

    python -m release.sbom ENVIRONMENT dist/hireloop-0.1.0.cdx.json

The environment tells what is installed, under which licence, and what needs what; the lock tells the hashes that each
file had to have. Both are read by cyclonedx-bom, and put together here. The same lock and Python give the same bytes:
there is no serial number, and the time is SOURCE_DATE_EPOCH's.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from release import ROOT, ReleaseError

LOCK = ROOT / "requirements" / "serve.txt"

Bom = dict[str, Any]


def of_environment(environment: Path) -> Bom:
    """Return the bill of what is installed there: licences, descriptions, what needs what."""
    pyproject = ROOT / "pyproject.toml"
    bom = _made("environment", "--pyproject", str(pyproject), "--mc-type", "application", str(environment))
    packages = [str(folder) for folder in environment.glob("lib/python3.*/site-packages")]
    texts = {found.name: found.metadata.json.get("license", "") for found in distributions(path=packages)}
    return licensed(bom, {name: str(text) for name, text in texts.items()})


def of_lock(lock: Path) -> Bom:
    """Return the bill of what a lock names, with the hashes of the files that may be installed."""
    return _made("requirements", str(lock))


def licensed(bom: Bom, fields: Mapping[str, str]) -> Bom:
    """Return the bill with the licences that stand in the free-text field alone, which cyclonedx-bom passes over."""
    components = []
    for component in bom["components"]:
        first, *_ = [*fields.get(component["name"], "").strip().splitlines(), ""]
        if first and not component.get("licenses"):
            named = {"license": {"name": first.strip(), "acknowledgement": "declared"}}
            components.append({**component, "licenses": [named]})
        else:
            components.append(component)
    return {**bom, "components": components}


def _made(*what: str) -> Bom:
    how = ["--output-reproducible", "--spec-version", "1.6", "--no-validate"]  # what is joined is validated
    command = [sys.executable, "-m", "cyclonedx_py", *what, *how]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 (our own arguments)
    if done.returncode != 0:
        raise ReleaseError(f"cyclonedx-bom cannot read {what[-1]}: {done.stderr.strip()}")
    made: Bom = json.loads(done.stdout)
    return made


def joined(installed: Bom, locked: Bom) -> Bom:
    """Return the bill of an installation with the hashes of its lock.

    Raises ReleaseError for a component that the lock does not name in this version, or has no hash for.
    """
    sources = {_key(component): component.get("externalReferences", []) for component in locked["components"]}
    components = []
    for component in installed["components"]:
        references = [it for it in sources.get(_key(component), []) if it.get("hashes")]
        if not references:
            raise ReleaseError(f"The lock has no hash for {component['name']} {component['version']}.")
        components.append({**component, "externalReferences": [*component.get("externalReferences", []), *references]})
    return {**installed, "components": components}


def _key(component: Mapping[str, Any]) -> tuple[str, str]:
    name = component["name"].lower().replace("_", "-").replace(".", "-")
    return name, component.get("version", "")


def as_text(bom: Bom) -> str:
    """Return the bill as JSON; raises ReleaseError where its schema does not allow it."""
    from cyclonedx.schema import SchemaVersion  # the tests' environment lacks it, and joins bills all the same
    from cyclonedx.validation.json import JsonStrictValidator

    text = json.dumps(bom, indent=2, ensure_ascii=False, sort_keys=True) + "\n"
    if wrong := JsonStrictValidator(SchemaVersion.V1_6).validate_str(text):
        raise ReleaseError(f"The schema of CycloneDX does not allow it: {wrong}")
    return text


def main() -> None:
    """Write the bill of an environment that was installed from the server's lock."""
    environment, into = map(Path, sys.argv[1:])
    try:
        text = as_text(joined(of_environment(environment), of_lock(LOCK)))
    except ReleaseError as error:
        print(f"No bill of materials. {error}", file=sys.stderr)
        sys.exit(1)
    into.parent.mkdir(parents=True, exist_ok=True)
    into.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
