"""Where Piccolo finds the engine and the apps whose migrations it runs (`PICCOLO_CONF` names this module)."""

from piccolo.conf.apps import AppRegistry

from hireloop.db import DB

__all__ = ["APP_REGISTRY", "DB"]

APP_REGISTRY = AppRegistry(
    apps=["hireloop.scheduling.piccolo_app", "hireloop.notify.piccolo_app", "hireloop.api.piccolo_app"]
)
