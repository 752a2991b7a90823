"""What Piccolo needs to know about this room."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from hireloop.access.tables import ApiKey, SignIn
from hireloop.api.tables import PressRate, RequestRate, ResponseUse, StoredResponse

APP_CONFIG = AppConfig(
    app_name="api",
    migrations_folder_path=str(Path(__file__).parent / "migrations"),
    table_classes=[ApiKey, SignIn, StoredResponse, RequestRate, ResponseUse, PressRate],
)
