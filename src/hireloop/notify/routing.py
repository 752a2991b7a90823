"""Until 0.1.0 the place of `channels`: it is handed on from `hireloop.notify.channels.configured` until 1.0."""

import warnings

from hireloop.notify.channels.configured import channels

__all__ = ["channels"]

warnings.warn(
    "import configured from hireloop.notify.channels: hireloop.notify.routing hands its `channels` on until 1.0",
    DeprecationWarning,
    stacklevel=2,
)
