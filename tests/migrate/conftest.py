"""A database on the oldest PostgreSQL that is supported."""

import os
from collections.abc import Iterator

import pytest

from servers.older_postgres import find_older_programs, older_postgres


@pytest.fixture(scope="module")
def older_url() -> Iterator[str]:
    """An empty database on the oldest supported PostgreSQL."""
    programs = find_older_programs()
    if programs is None:
        assert not os.environ.get("CI"), "`make servers` installs PostgreSQL"
        pytest.skip("there is no PostgreSQL but the embedded one")
    with older_postgres(programs) as url:
        yield url
