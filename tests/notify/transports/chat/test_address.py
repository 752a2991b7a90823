"""Where a chat plugin posts to, told without posting; a token is never taken for a host."""

import pytest
from apprise.apprise import Apprise

from hireloop.notify.transports.chat.address import server_of


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("json://chat.example:8080/x", ("chat.example", 8080, False)),
        ("jsons://chat.example/x", ("chat.example", 443, True)),
        ("mmost://chat.example/3ccdd113474722377935511fc85d3dd4", ("chat.example", 80, False)),
        ("matrixs://u:p@chat.example/#room", ("chat.example", 443, True)),
        ("ntfys://chat.example/topic", ("chat.example", 443, True)),
        ("ntfy://a-secret-topic", ("ntfy.sh", 443, True)),
        ("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ", ("hooks.slack.com", 443, True)),
        ("discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js", ("discord.com", 443, True)),
        ("irc://chat.example/#room", None),
        ("zulip://bot@organisation/a3b4c5d6e7f8g9h0a3b4c5d6e7f8g9h0", None),
    ],
)
def test_the_server_is_the_one_that_is_posted_to_or_unknown(url: str, server: tuple[str, int, bool] | None) -> None:
    plugin = Apprise.instantiate(url)
    assert plugin is not None
    assert server_of(plugin) == server
