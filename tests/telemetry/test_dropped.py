from hireloop.telemetry.dropped import DroppedSpans


def test_dropped_spans_are_said_for_ten_minutes() -> None:
    dropped = DroppedSpans()
    assert dropped.warning() == ""
    dropped.add(1, reason="queue_full")
    assert dropped.warning() == "1 span of this process could not be exported. Check the collector."
    dropped.add(2, reason="export_failed")
    assert dropped.warning() == "3 spans of this process could not be exported. Check the collector."
    assert dropped.warning(now=float("inf")) == ""
