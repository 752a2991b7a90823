"""What a form of our own pages sent: a few short fields, each once. Whatever else is sent holds no fields.

Not Litestar's `request.form()`: that keeps every body that it ever parsed among the last 1,024 (an API key that was
typed in among them, and as many fields as fit), and takes uploads, in any character set, from anyone who sends one.
"""

from urllib.parse import parse_qsl
from uuid import UUID

from litestar.exceptions import ClientException

from hireloop.web.context import AnyRequest

_MEDIA_TYPE = "application/x-www-form-urlencoded"
_MOST_FIELDS = 24
_NO_FORM = "This form cannot be read."


async def fields_of(request: AnyRequest) -> dict[str, str]:
    """Return the fields by their names, of several of one name the first; empty for anything but such a form.

    Raises ClientException for a form that is not UTF-8 or has more fields than any of ours.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _MEDIA_TYPE:
        return {}
    try:
        text = (await request.body()).decode()
        found = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS)
    except ValueError:  # bad UTF-8 is one too
        raise ClientException(_NO_FORM) from None
    fields: dict[str, str] = {}
    for name, value in found:
        fields.setdefault(name, value)
    return fields


def uuid_of(text: str | None) -> UUID | None:
    """Return the id that a field holds, None for any other text."""
    try:
        return UUID(text or "")
    except ValueError:
        return None
