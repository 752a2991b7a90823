from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

from ..models.mail_action import MailAction
from ..types import UNSET, Unset

T = TypeVar("T", bound="NewBounce")


@_attrs_define
class NewBounce:
    """What a provider says of a mail.

    Attributes:
        message_id (str):
        action (MailAction | Unset): What a report says became of a mail (RFC 3464, 2.3.3), the gravest first.
        status (None | str | Unset):
        diagnostic (str | Unset):  Default: ''.
        recipient (None | str | Unset):
    """

    message_id: str
    action: MailAction | Unset = UNSET
    status: None | str | Unset = UNSET
    diagnostic: str | Unset = ""
    recipient: None | str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        message_id = self.message_id

        action: str | Unset = UNSET
        if not isinstance(self.action, Unset):
            action = self.action.value

        status: None | str | Unset
        if isinstance(self.status, Unset):
            status = UNSET
        else:
            status = self.status

        diagnostic = self.diagnostic

        recipient: None | str | Unset
        if isinstance(self.recipient, Unset):
            recipient = UNSET
        else:
            recipient = self.recipient

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "message_id": message_id,
            }
        )
        if action is not UNSET:
            field_dict["action"] = action
        if status is not UNSET:
            field_dict["status"] = status
        if diagnostic is not UNSET:
            field_dict["diagnostic"] = diagnostic
        if recipient is not UNSET:
            field_dict["recipient"] = recipient

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        message_id = d.pop("message_id")

        _action = d.pop("action", UNSET)
        action: MailAction | Unset
        if isinstance(_action, Unset):
            action = UNSET
        else:
            action = MailAction(_action)

        def _parse_status(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        status = _parse_status(d.pop("status", UNSET))

        diagnostic = d.pop("diagnostic", UNSET)

        def _parse_recipient(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        recipient = _parse_recipient(d.pop("recipient", UNSET))

        new_bounce = cls(
            message_id=message_id,
            action=action,
            status=status,
            diagnostic=diagnostic,
            recipient=recipient,
        )

        return new_bounce
