"""What `hireloop up` says: the addresses, the first key once, and with `--demo` the life of one invitation."""

import signal

from hireloop.local import demo as sample
from hireloop.local.up import Running, Say, everything, wait_for_the_end


def run(*, port: int, demo: bool, once: bool, say: Say) -> int:
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
    wait_for_the_end(running)
    return 0


def _say_addresses(running: Running, say: Say) -> None:
    say("")
    say(f"API and portal   {running.url}")
    say(f"API docs         {running.url}/docs")
    say(f"Console          {running.url}/console/")
    if running.mailbox is not None:
        say(f"Mailbox          {running.url}/dev/mailbox")
    if running.first_key is not None:
        say(f"First API key    {running.first_key}   (role admin; shown this once)")
    else:
        say("API key          made at the first run; `hireloop keys create` makes another")
    say(f"Data and logs    {running.data_dir}")
