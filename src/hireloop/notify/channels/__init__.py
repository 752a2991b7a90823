"""Which channels there are, who hears what over them, by which provider, and which of them are held.

Until 0.1.0 `hireloop.notify.channels` was the module that is now `hireloop.notify.transport`. Its names can still be
imported from here, with a DeprecationWarning, until 1.0: packages that bring a transport of their own do so.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # a type checker sees what is handed on
    from hireloop.notify.transport import (
        ENTRY_POINT_GROUP,
        Channel,
        Evidence,
        Held,
        InstalledTransport,
        Outcome,
        Parcel,
        Phase,
        Rejected,
        Retry,
        Sent,
        Transport,
        TransportBroken,
        TransportFactory,
        TransportMissing,
        installed_transports,
        open_transport,
    )

__all__ = [
    "ENTRY_POINT_GROUP",
    "Channel",
    "Evidence",
    "Held",
    "InstalledTransport",
    "Outcome",
    "Parcel",
    "Phase",
    "Rejected",
    "Retry",
    "Sent",
    "Transport",
    "TransportBroken",
    "TransportFactory",
    "TransportMissing",
    "installed_transports",
    "open_transport",
]

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """Hand on a name of the former module; raises AttributeError for any other."""
        if name not in __all__:
            msg = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(msg)
        # Imported only when needed: the modules of this folder need neither.
        import warnings

        from hireloop.notify import transport

        warnings.warn(
            f"import {name} from hireloop.notify.transport: hireloop.notify.channels hands it on until 1.0",
            DeprecationWarning,
            stacklevel=2,
        )
        return getattr(transport, name)
