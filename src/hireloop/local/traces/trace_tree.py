"""One trace as a tree that a person reads, and the judgement whether it is whole from booking to SMTP reply."""

from collections.abc import Iterator, Sequence
from typing import Any

from opentelemetry.trace import SpanKind, StatusCode

from hireloop.local.traces.otlp import ReceivedSpan
from hireloop.telemetry.spans import SPAN_ATTEMPT, SPAN_BOOK, SPAN_PUT, SPAN_SEND
from hireloop.wording.plain_text import counted

_MAIL_SEND = SPAN_SEND["email"]

# From the accepted mail up to the request that booked.
_LIFE_OF_AN_INVITATION = (
    (_MAIL_SEND, SpanKind.CLIENT),
    (SPAN_ATTEMPT, SpanKind.CONSUMER),
    (SPAN_PUT, SpanKind.PRODUCER),
    (SPAN_BOOK, SpanKind.INTERNAL),
    ("", SpanKind.SERVER),  # named after its route
)

_SHOWN = (
    "http.response.status_code",
    "server.address",
    "server.port",
    "network.peer.address",
    "network.peer.port",
    "tls.protocol.version",
    "messaging.destination.name",
    "error.type",
)
_SHOWN_PREFIXES = ("hireloop.", "smtp.", "chat.")
_LONGEST_VALUE = 120


def render_tree(spans: Sequence[ReceivedSpan]) -> str:
    """Return the spans of one trace as lines: parents above children, children in the order of their start.

    A span's line has its kind, its length and how long after the trace's start it began, both in ms, and its
    status if it has one; below it are its attributes, events and links.
    """
    if not spans:
        return "No span of this trace has arrived."
    present = {span.span_id: span for span in spans}
    children: dict[str, list[ReceivedSpan]] = {}
    for span in sorted(spans, key=lambda span: (span.start_ns, span.span_id)):
        children.setdefault(span.parent_id if span.parent_id in present else "", []).append(span)
    began = min(span.start_ns for span in spans)
    ended = max(span.end_ns for span in spans)
    count = counted(len(spans), "span", "spans")
    lines = [f"trace {spans[0].trace_id} · {count} · {_ms(ended - began)}"]
    for top in children.get("", []):
        lines.append(_headline(top, began) + _lost_parent(top))
        lines += _below(top, children, present, began)
    return "\n".join(lines)


def what_is_missing(spans: Sequence[ReceivedSpan]) -> list[str]:
    """Return a sentence for each thing that keeps the trace from being whole, none where it is.

    Whole is: one root; every parent present; and one `smtp.send` without an error whose parents lead through
    `delivery.attempt`, `delivery.put` and `schedule.book` to the request that is the root.
    """
    present = {span.span_id: span for span in spans}
    roots = [span for span in spans if not span.parent_id]
    missing = [] if len(roots) == 1 else [f"There are {len(roots)} roots instead of one."]
    missing += [
        f"The parent of {_clean(span.name)} is missing."
        for span in spans
        if span.parent_id and span.parent_id not in present
    ]
    sends = [span for span in spans if _is(span, *_LIFE_OF_AN_INVITATION[0])]
    accepted = [span for span in sends if span.status is not StatusCode.ERROR]
    if not sends:
        missing.append(f"There is no {_MAIL_SEND} span.")
    elif not accepted:
        missing.append(f"Every {_MAIL_SEND} span failed, the last one with: {_clean(sends[-1].status_text)}.")
    else:
        gaps = [_first_gap([send, *_ancestors(send, present)]) for send in accepted]
        if all(gaps):
            missing.append(f"No {_MAIL_SEND} span leads back to the booking: above one there is no {gaps[-1]}.")
    return missing


def _first_gap(path: Sequence[ReceivedSpan]) -> str:
    """Return what the way from a send to its root lacks first, empty if it lacks nothing."""
    steps = iter(path)
    for name, kind in _LIFE_OF_AN_INVITATION:
        if not any(_is(span, name, kind) for span in steps):
            return f"{kind.name} {name}".strip()
    return "" if path[-1].kind is SpanKind.SERVER else "SERVER at the root"


def _ancestors(span: ReceivedSpan, present: dict[str, ReceivedSpan]) -> Iterator[ReceivedSpan]:
    seen = {span.span_id}
    while (parent := present.get(span.parent_id)) is not None and parent.span_id not in seen:
        yield parent
        seen.add(parent.span_id)
        span = parent


def _is(span: ReceivedSpan, name: str, kind: SpanKind) -> bool:
    return span.kind is kind and (not name or span.name == name)


def _below(
    span: ReceivedSpan,
    children: dict[str, list[ReceivedSpan]],
    present: dict[str, ReceivedSpan],
    began: int,
) -> list[str]:
    below = children.get(span.span_id, [])
    rail = "│    " if below else "     "
    lines = [rail + detail for detail in _details(span, present)]
    for child in below:
        last = child is below[-1]
        lines.append(("└─ " if last else "├─ ") + _headline(child, began))
        lines += [("   " if last else "│  ") + line for line in _below(child, children, present, began)]
    return lines


def _headline(span: ReceivedSpan, began: int) -> str:
    parts = [_clean(span.name), span.kind.name, _ms(span.end_ns - span.start_ns)]
    if span.start_ns > began:
        parts.append(f"+{_ms(span.start_ns - began)}")
    if span.status is StatusCode.ERROR:
        parts.append(f"ERROR {_clean(span.status_text)}".rstrip())
    elif span.status is StatusCode.OK:
        parts.append("OK")
    return "  ".join(parts)


def _lost_parent(span: ReceivedSpan) -> str:
    return f"  (its parent {span.parent_id} is missing)" if span.parent_id else ""


def _details(span: ReceivedSpan, present: dict[str, ReceivedSpan]) -> Iterator[str]:
    for name, value in span.attributes.items():
        if name in _SHOWN or name.startswith(_SHOWN_PREFIXES):
            yield f"{_clean(name)} = {_clean(value)}"
    for event in span.events:
        told = ", ".join(f"{_clean(name)} = {_clean(value)}" for name, value in event.attributes.items())
        yield f"at +{_ms(event.time_ns - span.start_ns)}: {_clean(event.name)}" + (f" ({told})" if told else "")
    for link in span.links:
        linked = present.get(link.span_id)
        where = _clean(linked.name) if linked else f"trace {link.trace_id}"
        yield f"linked to {where} {link.span_id}"


def _ms(nanoseconds: int) -> str:
    return f"{nanoseconds / 1e6:,.1f} ms"


def _clean(value: Any) -> str:  # noqa: ANN401 (an attribute's value may be anything)
    """Return a text of one line for a terminal: whatever could steer it is replaced."""
    text = "".join(char if char.isprintable() else "·" for char in str(value))
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"
