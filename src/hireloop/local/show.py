"""What `hireloop up` says: the addresses, the first key once, and with `--demo` the life of one invitation."""

import signal
from datetime import UTC, datetime

from hireloop.local import demo as sample
from hireloop.local import parts
from hireloop.local.mailbox_gate import PATH, TICKET, ticket_of
from hireloop.local.up import Running, Say, everything


def run(*, port: int | None, demo: bool, once: bool, say: Say) -> int:
    """Run everything until Ctrl-C, or with `once` until the demo is over; return the exit code.

    With `once` it is 0 only if the mail was accepted and the trace is whole.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # from the first moment on, also while parts start
    try:
        with everything(port=port, say=say) as running:
            try:
                return _use(running, demo=demo, once=once, say=say)
            except KeyboardInterrupt:
                say("Stopping …")
    except KeyboardInterrupt:
        say("Stopped.")
    return 0


def _use(running: Running, *, demo: bool, once: bool, say: Say) -> int:
    _say_addresses(running, say)
    missing: list[str] = []
    if demo:
        shown = sample.show(running, say)
        missing = shown.missing
        for sentence in missing:
            say(f"Missing: {sentence}")
        say("\n── The link in the mail; open it in a browser and start the interview ──────")
        say(f"{shown.portal_url}\n")
    if once:
        return 1 if missing else 0
    say("Running. Ctrl-C stops everything.")
    parts.watch(running.processes, running.data_dir)
    return 0


def _say_addresses(running: Running, say: Say) -> None:
    say("")
    say(f"API and portal   {running.url}")
    say(f"API docs         {running.url}/docs")
    say(f"Console          {running.url}/console/")
    if running.mailbox is not None:
        say(f"Mailbox          {running.url}{PATH}?{TICKET}={ticket_of(running.settings, now=datetime.now(UTC))}")
    if running.first_key is not None:
        say(f"First API key    {running.first_key}   (role admin; shown this once)")
    else:
        say("API key          made at the first run; `hireloop keys create` makes another")
    say(f"Data and logs    {running.data_dir}")
