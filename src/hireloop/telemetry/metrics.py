"""Every metric; the `record_…` functions of `spans` add to them, beside the span that tells of the single case.

`docs/reference/telemetry.md` lists them.
"""

from opentelemetry import metrics

_meter = metrics.get_meter("hireloop")
BOOKINGS = _meter.create_counter("hireloop.bookings", description="Requested bookings, by outcome")
CHANGES = _meter.create_counter("hireloop.changes", description="Requested changes to bookings, by span and outcome")
ATTEMPTS = _meter.create_counter("hireloop.delivery.attempts", description="Attempts, by channel, outcome and reason")
ATTEMPT_SECONDS = _meter.create_histogram(
    "hireloop.delivery.attempt.duration", unit="s", description="Duration of one attempt, from lease to reply"
)
WAIT_SECONDS = _meter.create_histogram(
    "hireloop.delivery.wait", unit="s", description="Time from the booking to the server's acceptance"
)
BOUNCES = _meter.create_counter("hireloop.delivery.bounces", description="Bounce reports, by outcome and reason")
UNACCOUNTED = _meter.create_gauge("hireloop.ledger.unaccounted", description="0, or something is lost")
DELIVERIES = _meter.create_gauge("hireloop.deliveries", description="Deliveries, by state")
UNHEARD = _meter.create_gauge("hireloop.alerts.unheard", description="Alerts that nobody has heard of")
