"""What people call a chat channel: never by a token."""

import re

import pytest

from hireloop.notify.transports.chat.apprise import addresses_in

_TOKEN = "canary0123456789canary0123456789"


@pytest.mark.parametrize(
    ("url", "title"),
    [
        ("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#hiring", "Slack #hiring"),
        ("https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ", "Slack"),
        (f"mmosts://chat.example/{_TOKEN}?channel=town-square", "Mattermost chat.example/town-square"),
        (f"mmost://chat.example:8065/{_TOKEN}", "Mattermost chat.example:8065"),
        (f"discord://4174216298/{_TOKEN}", "Discord"),
        (f"workflows://prod-1.westeurope.logic.azure.com:443/643e69f83c8944/{_TOKEN}/", "Microsoft Teams"),
        (f"zulip://botname@acme/{_TOKEN}/hiring", "Zulip #hiring"),
        (f"lark://{_TOKEN}", "Lark (Feishu)"),
        ("tgram://123456789:ABCdefghijkl-MNOpqrstuvwxyz123456789/@hiring", "Telegram @hiring"),
        ("tgram://123456789:ABCdefghijkl-MNOpqrstuvwxyz123456789/1234567", "Telegram"),
        (f"gchat://workspace/key/{_TOKEN}", "Google Chat"),
        (f"rockets://AAAABBBB/{_TOKEN}@chat.example/#hiring", "Rocket.Chat chat.example/#hiring"),
        (f"matrixs://user:{_TOKEN}@chat.example/%23hiring:chat.example", "Matrix #hiring:chat.example"),
        (f"matrixs://user:{_TOKEN}@chat.example/%23hiring:other.example", "Matrix chat.example/#hiring:other.example"),
        (f"matrix://{_TOKEN * 2}?mode=t2bot", "Matrix"),
        ("ircs://chat.example/#hiring", "IRC #hiring"),
        (f"ntfy://{_TOKEN}", "ntfy"),
        (f"jsons://user:{_TOKEN}@hire.example/{_TOKEN}", "JSON hire.example"),
    ],
)
def test_a_title_names_the_service_and_the_room(url: str, title: str) -> None:
    (address,) = addresses_in(url)
    assert address.title == title
    assert not re.search(r"[0-9A-Za-z]{16}", title)
