"""Which channels there are, who hears what over them, by which provider, and which of them are held.

Until 0.1.0 `hireloop.notify.channels` was the module that is `hireloop.notify.transport` now. Its names are handed on
to packages that bring a transport of their own, with a DeprecationWarning, until 1.0.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # a type checker sees what is handed on
    from hireloop.notify.transport import ENTRY_POINT_GROUP as ENTRY_POINT_GROUP
    from hireloop.notify.transport import Channel as Channel
    from hireloop.notify.transport import Evidence as Evidence
    from hireloop.notify.transport import Held as Held
    from hireloop.notify.transport import Outcome as Outcome
    from hireloop.notify.transport import Parcel as Parcel
    from hireloop.notify.transport import Phase as Phase
    from hireloop.notify.transport import Rejected as Rejected
    from hireloop.notify.transport import Retry as Retry
    from hireloop.notify.transport import Sent as Sent
    from hireloop.notify.transport import Transport as Transport
    from hireloop.notify.transport import TransportFactory as TransportFactory
    from hireloop.notify.transport import open_transport as open_transport
else:

    def __getattr__(name: str) -> object:
        """Hand on a public name of the former module; raises AttributeError for any other."""
        # When it is asked for: whoever imports one of these modules needs neither.
        import warnings

        from hireloop.notify import transport

        if name.startswith("_") or not hasattr(transport, name):
            msg = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(msg)
        warnings.warn(
            f"import {name} from hireloop.notify.transport: hireloop.notify.channels hands it on until 1.0",
            DeprecationWarning,
            stacklevel=2,
        )
        return getattr(transport, name)
