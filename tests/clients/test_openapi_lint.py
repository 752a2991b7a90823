"""spectral and redocly find nothing in openapi.json, and would find what is wrong."""

import json
from pathlib import Path

import pytest

import node
import openapi_file
from clients.node_packages import needs_npm_packages

pytestmark = needs_npm_packages
LINT = node.HERE / "lint"
REDOCLY = LINT / "node_modules" / "@redocly" / "cli" / "bin" / "cli.js"


def spectral(document: Path) -> tuple[int, str]:
    done = node.run("spectral.mjs", document, cwd=LINT)
    return done.returncode, done.stdout + done.stderr


def redocly(document: Path) -> tuple[int, str]:
    done = node.run(
        *(REDOCLY, "lint", "--config", "redocly.yaml", "--format", "stylish", document),
        cwd=LINT,
        REDOCLY_TELEMETRY="off",
        REDOCLY_SUPPRESS_UPDATE_NOTICE="true",
    )
    return done.returncode, done.stdout + done.stderr


def test_spectral_finds_nothing() -> None:
    assert spectral(openapi_file.PATH) == (0, "")


def test_redocly_finds_nothing() -> None:
    code, said = redocly(openapi_file.PATH)
    assert code == 0, said


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    """The document with an example that does not fit, and a parameter without a description."""
    document = openapi_file.read()
    operation = document["paths"]["/api/interviews/slots/{slot_id}/book_slot/"]["post"]
    operation["requestBody"]["content"]["application/json"]["example"] = {"interview_id": 3}
    operation["parameters"][0].pop("description")
    (tmp_path / "openapi.json").write_text(json.dumps(document))
    return tmp_path / "openapi.json"


def test_spectral_finds_what_is_wrong(bad: Path) -> None:
    code, said = spectral(bad)
    assert code == 1
    assert "oas3-valid-media-example" in said
    assert "oas3-parameter-description" in said


def test_redocly_finds_what_is_wrong(bad: Path) -> None:
    code, said = redocly(bad)
    assert code == 1
    assert "no-invalid-media-type-examples" in said
