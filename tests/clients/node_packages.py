"""Whether npm's packages are there: `make test` installs them, and the tests that need them say so."""

import os

import pytest

import node

needs_npm_packages = pytest.mark.skipif(
    not all(node.is_installed(folder) for folder in node.FOLDERS) and not os.environ.get("CI"),
    reason="npm's packages are not installed, or not those of the locks: `make test` installs them",
)
