import sys

import pytest

from hireloop.notify.channels import configured


def test_the_former_path_of_the_configured_channels_works_and_names_the_new_one() -> None:
    sys.modules.pop("hireloop.notify.routing", None)
    with pytest.warns(DeprecationWarning, match="import configured from hireloop.notify.channels") as told:
        from hireloop.notify import routing  # the import is what is tested
    assert routing.channels is configured.channels
    assert told[0].filename == __file__
