"""A booking told in chat: through the real doors, to a real endpoint, beside channels that are broken."""

import re
import time
from collections.abc import Callable
from typing import Any

import httpx
import msgspec

from factories import post_interview, post_slot
from hireloop import db
from hireloop.access import api_keys
from hireloop.access.tables import Role
from hireloop.local.mailbox.mailbox import Mailbox
from processes import Server, WorkerProcess, environment, free_port
from servers.http import Reply, ScriptedHttpServer

SESSION_KEY = re.compile(r"session_key|[A-Za-z0-9_-]{20,}\.\d+\.[A-Za-z0-9_-]{20,}")


async def until(
    api: httpx.AsyncClient, path: str, is_so: Callable[[dict[str, dict[str, Any]]], bool], by: str
) -> dict[str, dict[str, Any]]:
    """Return the items of a list, by one of their fields, once they are as expected or 30 s have passed."""
    deadline = time.monotonic() + 30
    while True:
        items = {item[by]: item for item in (await api.get(path)).json()["items"]}
        if is_so(items) or time.monotonic() > deadline:
            return items


async def test_a_copy_reaches_the_chat_without_the_link_and_a_broken_chat_keeps_nobody_waiting(
    database_url: str, mailbox: Mailbox
) -> None:
    host, port = mailbox.start()
    with ScriptedHttpServer(Reply(200, b"stored")) as chat, ScriptedHttpServer(Reply(404, b"no such hook")) as wrong:
        urls = [f"json://127.0.0.1:{chat.port}/canary-good", f"form://127.0.0.1:{wrong.port}/canary-wrong"]
        urls.append(f"xml://127.0.0.1:{free_port()}/canary-away")
        env = environment(database_url, EMAIL_HOST=host, EMAIL_PORT=str(port), CHAT_URLS=" ".join(urls))
        async with db.opened(database_url, pool_size=2):
            _, key = await api_keys.create("Priya", Role.ADMIN)
            with Server(env) as server, WorkerProcess(env) as worker:
                async with httpx.AsyncClient(
                    base_url=server.url, headers={"Authorization": f"Bearer {key}"}, timeout=20
                ) as api:
                    slot = await post_slot(api)
                    booked = await api.post(
                        f"/api/interviews/slots/{slot}/book_slot/", json={"interview_id": await post_interview(api)}
                    )
                    assert booked.status_code == 201, booked.text
                    [mail] = mailbox.wait_for(1, timeout=20)
                    told = await until(
                        api,
                        "/api/notifications/deliveries/?kind=recruiter_copy",
                        lambda items: (
                            len(items) == 3
                            and all(item["state"] == "sent" or item["last_reason"] for item in items.values())
                        ),
                        by="channel",
                    )
                    channels = await until(  # the second refusal in a row holds it
                        api,
                        "/api/notifications/channels/",
                        lambda items: any(item["state"] == "held" for item in items.values()),
                        by="name",
                    )
                    schemas = {item["channel"].partition("-")[0]: item for item in told.values()}
                    shown = (await api.get(f"/api/notifications/deliveries/{schemas['json']['id']}/")).json()
                    logs = server.log.read_text("utf-8") + worker.log.read_text("utf-8")
    assert SESSION_KEY.search(mail.email.as_string())
    assert {schema: (item["state"], item["last_reason"]) for schema, item in schemas.items()} == {
        "json": ("sent", None),
        "form": ("pending", "endpoint_missing"),
        "xml": ("pending", "connection_refused"),
    }
    assert {name.partition("-")[0]: one["state"] for name, one in channels.items()} == {
        "email": "open",
        "json": "open",
        "form": "held",
        "xml": "open",
    }
    (attempt,) = shown["attempts"]
    assert (attempt["outcome"], attempt["phase"], attempt["code"], attempt["reply"]) == ("sent", "http", 200, "stored")
    (copy,) = [msgspec.json.decode(asked.body) for asked in chat.received]
    words = f"{copy['title']}\n{copy['message']}"
    assert all(word in words for word in ("Asha Rao", "Backend Engineer", "IST", "Priya"))
    assert not SESSION_KEY.search(words)
    assert "worker.started" in logs
    assert "canary" not in str(told) + str(channels) + logs
