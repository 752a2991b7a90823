"""The sample reports of `reports/`, filled in for one delivery: shapes of Postfix, Exim, Exchange and Gmail."""

import tomllib
from pathlib import Path
from typing import Any

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


SAMPLES = Path(__file__).parent / "samples"
EXPECTED: dict[str, dict[str, Any]] = tomllib.loads((SAMPLES / "expected.toml").read_text("utf-8"))


def sample(
    name: str,
    *,
    to: str = "bounces@hire.example",
    recipient: str = "asha@example.com",
    message_id: str = "<another@elsewhere.example>",
) -> bytes:
    """Return a mail of `samples/`, filled in as a report is, in the charset that it has on the way."""
    text = (SAMPLES / f"{name}.eml").read_text("utf-8")
    for fact, value in {"to": to, "recipient": recipient, "message_id": message_id}.items():
        text = text.replace(f"{{{fact}}}", value)
    return text.encode(EXPECTED[name].get("charset", "utf-8"))
