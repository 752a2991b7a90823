"""The sample reports of `reports/`, filled in for one delivery: shapes of Postfix, Exim, Exchange and Gmail."""

from pathlib import Path

FOLDER = Path(__file__).parent / "reports"
NAMES = sorted(path.stem for path in FOLDER.glob("*.eml"))
REPORTS = [name for name in NAMES if not name.startswith("not_")]
FAILED = [name for name in REPORTS if not name.endswith(("_delayed", "_relayed"))]


def report(
    name: str = "postfix_failed",
    *,
    to: str = "bounces@hire.example",
    recipient: str = "asha@example.com",
    message_id: str = "<another@elsewhere.example>",
) -> bytes:
    """Return a report as it arrives: sent to `to`, about the mail to `recipient` with this Message-ID."""
    text = (FOLDER / f"{name}.eml").read_text("utf-8")
    facts = {"to": to, "recipient": recipient, "message_id": message_id, "envid": message_id.strip("<>")}
    for fact, value in facts.items():
        text = text.replace(f"{{{fact}}}", value)
    return text.encode()
