"""Every metric; the `record_…` functions of `spans` add to them, beside the span that tells of the single case.

`docs/reference/telemetry.md` lists them.
"""

from opentelemetry import metrics

_meter = metrics.get_meter("hireloop")
BOOKINGS = _meter.create_counter("hireloop.bookings", description="Bookings asked for, by outcome")
CHANGES = _meter.create_counter("hireloop.changes", description="Changes of bookings asked for, by span, outcome")
ATTEMPTS = _meter.create_counter("hireloop.delivery.attempts", description="Tries, by channel, outcome, reason")
ATTEMPT_SECONDS = _meter.create_histogram(
    "hireloop.delivery.attempt.duration", unit="s", description="One try, from lease to answer"
)
WAIT_SECONDS = _meter.create_histogram(
    "hireloop.delivery.wait", unit="s", description="From the booking to the other side's acceptance"
)
BOUNCES = _meter.create_counter("hireloop.delivery.bounces", description="Reports about mails, by outcome, reason")
UNACCOUNTED = _meter.create_gauge("hireloop.ledger.unaccounted", description="0, or something is lost")
DELIVERIES = _meter.create_gauge("hireloop.deliveries", description="Deliveries, by state")
