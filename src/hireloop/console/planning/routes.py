"""Which pages there are for writing something down, all of them for those who may schedule."""

from typing import Any

from litestar import HttpMethod, post, route

from hireloop.access.roles import SCHEDULES
from hireloop.console.planning import (
    addresses,
    bookings,
    candidates,
    interviews,
    jobs,
    links,
    series,
    slots,
    start,
)

_READ = [HttpMethod.GET, HttpMethod.HEAD]
# A text of 20,000 characters, of which each may be twelve bytes in a form, and what else is typed beside it: what is
# too long is refused on its page, which still has it.
LARGEST_BODY = 600_000


def handlers() -> list[Any]:
    """Return the handlers, below `/console`."""
    made = [
        route("/new", http_method=_READ, opt=SCHEDULES)(start.page),
        route("/bookings/{schedule_id:uuid}/revoke", http_method=_READ, opt=SCHEDULES)(links.ask_to_revoke),
        post("/bookings/{schedule_id:uuid}/revoke", opt=SCHEDULES)(links.revoke),
        post("/bookings/{schedule_id:uuid}/correct", opt=SCHEDULES)(addresses.correct_candidate),
        post("/bookings/{schedule_id:uuid}/correct-interviewer", opt=SCHEDULES)(addresses.correct_interviewer),
    ]
    for path, page in (
        ("/new/candidate", candidates),
        ("/new/job", jobs),
        ("/new/interview", interviews),
        ("/new/slot", slots),
        ("/new/series", series),
        ("/new/booking", bookings),
    ):
        made += [
            route(path, http_method=_READ, opt=SCHEDULES)(page.form),
            post(path, opt=SCHEDULES)(page.create),
        ]
    return made
