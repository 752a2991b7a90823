"""The output of `hireloop up`: the addresses, the first key once, and with `--demo` the path of one invitation."""

import os
import signal
from datetime import UTC, datetime

from hireloop.local import demo as sample
from hireloop.local import parts
from hireloop.local.mailbox.gate import PATH, TICKET, ticket_of
from hireloop.local.up import RunningInstallation, Speak, everything


def run(*, port: int | None, demo: bool, once: bool, say: Speak) -> int:
    """Run everything until Ctrl-C, or with `once` until the demo is over; return the exit code.

    With `once` it is 0 only if the mail was accepted and the trace is whole.
    """
    _stop_in_order()  # from the first moment on, also while parts start
    try:
        with everything(port=port, say=say) as running:
            try:
                return _use(running, demo=demo, once=once, say=say)
            except KeyboardInterrupt:
                say("Stopping …")
    except KeyboardInterrupt:
        say("Stopped.")
    return 0


def _stop_in_order() -> None:
    """Have every signal that means the end stop the parts, one after the other.

    What a caller ignores stays ignored, such as a closed terminal under `nohup`; but Ctrl-C is promised, and a shell
    that is run by no person ignores it for whatever it starts in the background.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler)
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN and _is_in_the_foreground():
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _is_in_the_foreground() -> bool:
    try:
        return os.tcgetpgrp(0) == os.getpgrp()
    except OSError:  # no terminal
        return False


def _use(running: RunningInstallation, *, demo: bool, once: bool, say: Speak) -> int:
    _say_addresses(running, say)
    missing: list[str] = []
    if demo:
        shown = sample.show(running, say)
        missing = shown.missing
        for sentence in missing:
            say(f"Problem: {sentence}")
        say("\n── The link in the mail: open it in a browser and start the interview ──────")
        say(f"{shown.portal_url}\n")
    if once:
        return 1 if missing else 0
    say("Running. Press Ctrl-C to stop everything.")
    parts.watch(running.processes, running.data_dir)
    return 0


def _say_addresses(running: RunningInstallation, say: Speak) -> None:
    say("")
    say(f"API and portal   {running.url}")
    say(f"API docs         {running.url}/docs")
    say(f"Console          {running.url}/console/")
    if running.mailbox is not None:
        say(f"Mailbox          {running.url}{PATH}?{TICKET}={ticket_of(running.settings, now=datetime.now(UTC))}")
    if running.first_key is not None:
        say(f"First API key    {running.first_key}   (role admin; shown only once)")
    else:
        say("API key          created at the first run; to create another, run `hireloop keys create`")
    say(f"Data and logs    {running.data_dir}")
