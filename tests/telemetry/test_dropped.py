from hireloop.telemetry.dropped import DroppedSpans


def test_dropped_spans_are_told_until_none_was_dropped_for_ten_minutes() -> None:
    dropped = DroppedSpans()
    assert dropped.lately() == 0
    dropped.add(1, reason="queue_full")
    dropped.add(2, reason="export_failed")
    assert dropped.lately() == 3
    assert dropped.lately(now=float("inf")) == 0
