"""Acknowledge the alerts that have not reached anyone, which every page shows to those who can act."""

from uuid import UUID

from litestar import Response
from litestar.params import FromPath

from hireloop.access.roles import actor_of
from hireloop.console import render
from hireloop.console.cards import path_of
from hireloop.console.gate import pressed
from hireloop.notify.deliveries import alert_records
from hireloop.web.audit_notes import acknowledgement_note
from hireloop.web.context import AnyRequest

_WITHOUT_BOOKING = "/console/channels/"


async def acknowledge(request: AnyRequest, alert_id: FromPath[UUID]) -> Response[bytes]:
    """Acknowledge an alert, and show what it is about."""
    await pressed(request)
    by = actor_of(request)
    did = await alert_records.acknowledge(alert_id, by=by.name, note=acknowledgement_note(by))
    alert, _ = await alert_records.find(alert_id)
    path = path_of(alert.schedule) if alert.schedule else _WITHOUT_BOOKING
    return render.see_other(path, done="acknowledged" if did else "not-acknowledged")
