"""What Piccolo needs to know about this room."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from hireloop.notify.tables import (
    Attempt,
    ChannelHealth,
    ChannelRate,
    Delivery,
    KeptAddress,
    ReturnedMail,
    WorkerHeartbeat,
)

APP_CONFIG = AppConfig(
    app_name="notify",
    migrations_folder_path=str(Path(__file__).parent / "migrations"),
    table_classes=[Delivery, KeptAddress, ReturnedMail, Attempt, ChannelHealth, ChannelRate, WorkerHeartbeat],
)
