"""A booking is told to a program: the webhook that a real worker posts, as its receiver sees it."""

import asyncio
import base64
import time

import pytest
from standardwebhooks import Webhook

from api.documented import Documented
from factories import book, outbox_of, unaccounted
from hireloop import db
from hireloop.notify.channels import configured
from hireloop.notify.deliveries import deliveries
from processes import WorkerProcess, environment
from sample_settings import settings_for
from servers.http import Reply, ScriptedHttpServer

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()


@pytest.mark.usefixtures("database")
async def test_a_recruiters_program_hears_of_a_booking_signed_and_without_the_link(
    database_url: str, documented: Documented
) -> None:
    with ScriptedHttpServer(Reply(503, b"starting", {"Retry-After": "1"}), Reply(200, b"stored")) as receiver:
        url = f"{receiver.url}/hooks/T0KEN"
        wanted = {"webhook_urls": url, "webhook_secret": SECRET, "webhook_allow_private": "true"}
        wanted["message_routes"] = "alert=none"  # there is no mail server, which would be told too
        settings = settings_for(database_url, **wanted)
        channels = configured.channels(settings)
        booked = await book(outbox=outbox_of(*channels), full_name="Asha Räo")
        [copy] = [delivery for delivery in booked.deliveries if delivery.kind == "recruiter_copy"]
        named = {name.upper(): value for name, value in wanted.items()}
        env = environment(database_url, BASE_URL=settings.base_url, **named)
        with WorkerProcess(env) as worker:
            until = time.monotonic() + 60
            while await db.fetch_value("SELECT state FROM delivery WHERE id = $1", copy.id) != "sent":
                assert time.monotonic() < until, worker.log.read_text()
                await asyncio.sleep(0.05)
            said = worker.log.read_text()
    first, second = receiver.received
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    told = Webhook(SECRET).verify(second.body, second.headers)
    assert told["type"] == "recruiter_copy"
    assert documented.webhook_faults(second.headers, told) == []
    assert (told["data"]["candidate_name"], told["data"]["change"]) == ("Asha Räo", "booked")
    assert "session_key" not in second.body.decode()
    _, tries = await deliveries.find(copy.id, channels)
    assert [(one.outcome, one.phase, one.code, one.reply) for one in tries] == [
        ("retry", "http", 503, "starting"),
        ("sent", "http", 200, "stored"),
    ]
    assert "T0KEN" not in said
    assert SECRET not in said
    assert await unaccounted() == 0
