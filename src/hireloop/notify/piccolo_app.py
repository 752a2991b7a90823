"""What Piccolo needs to know about this room."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from hireloop.notify.tables import (
    Alert,
    Attempt,
    ChannelHealth,
    ChannelRate,
    Delivery,
    KeptAddress,
    MessageUse,
    MessageWarning,
    Reinvitation,
    ReturnedMail,
    WorkerHeartbeat,
)

APP_CONFIG = AppConfig(
    app_name="notify",
    migrations_folder_path=str(Path(__file__).parent / "migrations"),
    table_classes=[
        Alert,
        Delivery,
        KeptAddress,
        ReturnedMail,
        Attempt,
        ChannelHealth,
        ChannelRate,
        MessageUse,
        MessageWarning,
        Reinvitation,
        WorkerHeartbeat,
    ],
)
