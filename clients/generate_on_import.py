"""The Python client is generated when somebody imports it: for tests, so that nobody has to remember to."""

import importlib
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from types import ModuleType

from generate_python import PACKAGE, bring_up_to_date


class GenerateOnImport(MetaPathFinder):
    """Brings the client up to date when it is first imported, and leaves the import to others.

    Who does not import it does not wait for it.
    """

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> None:  # noqa: ARG002 (the finder's own)
        """Find nothing."""
        if fullname == PACKAGE.name and bring_up_to_date():
            importlib.invalidate_caches()  # the directory may have been read before the package was there
