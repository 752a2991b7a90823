"""A folder of newer releases for all tests of one run."""

from pathlib import Path

import pytest

from requirements import environments


@pytest.fixture(scope="session")
def newer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made-up wheels of releases newer than everything that is locked."""
    return environments.newer_releases(tmp_path_factory.mktemp("newer") / "wheels")
