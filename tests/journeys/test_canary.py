"""No key, address, password or query string in any span or log, also where the other side quotes one."""

import asyncio
import time
from typing import Any

import httpx
import msgspec

from api.factories import post_booking
from factories import candidate_fields, job_fields, post_interview
from hireloop import db
from hireloop.access import api_keys
from hireloop.access.tables import Role
from processes import Server, WorkerProcess, environment
from servers.collector import Collector
from servers.smtp import ScriptedSmtpServer

ADDRESS = "canary.person@example.com"
PASSWORD = "canary-mail-password"
FORGED = "AaH9noXUdV2GDisLJWzYVQ.1.L9pmdJdIbGA6rsPOzC9iJWfR48JqfGjI5dXaR9h7Fac"

# What PostgreSQL does with a violated constraint: it quotes the row.
QUOTING_FUNCTION = """
    CREATE FUNCTION quote_the_row() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.full_name = 'Quoted' THEN RAISE EXCEPTION 'row of % is bad', NEW.email; END IF;
        RETURN NEW;
    END $$
"""
QUOTING_TRIGGER = "CREATE TRIGGER quoting BEFORE INSERT ON candidate FOR EACH ROW EXECUTE FUNCTION quote_the_row()"


async def test_nothing_secret_leaves_in_spans_or_logs(database_url: str, collector: Collector) -> None:
    script = {"RCPT": f"550 5.1.1 <{ADDRESS}>: Recipient address rejected, try http://x/?session_key={FORGED}"}
    async with db.opened(database_url, pool_size=2):
        await db.DB.run_ddl(QUOTING_FUNCTION)
        await db.DB.run_ddl(QUOTING_TRIGGER)
        _, key = await api_keys.create("canary", Role.ADMIN)
        with ScriptedSmtpServer(script) as smtp:
            env = environment(
                database_url,
                EMAIL_HOST="127.0.0.1",
                EMAIL_PORT=str(smtp.port),
                EMAIL_HOST_USER="mailer@example.com",
                EMAIL_HOST_PASSWORD=PASSWORD,
                OTEL_EXPORTER_OTLP_ENDPOINT=collector.http,
            )
            with Server(env) as server, WorkerProcess(env) as worker:
                session_key, delivery = await _provoke(server, key)
                assert worker.stop() == 0
                assert server.stop() == 0
                logs = server.log.read_text() + worker.log.read_text()
    await asyncio.sleep(1)  # the collector's own batch
    spans = [msgspec.json.encode(msgspec.structs.asdict(span), enc_hook=str).decode() for span in collector.received()]
    everything = logs + "\n".join(spans)
    assert ADDRESS in delivery["attempts"][0]["reply"], "the attempt keeps the server's own words"
    assert "5.1.1" in "".join(spans)
    assert "<address:" in "".join(spans), "an address leaves as its hash"
    assert "RaiseError" in logs, "the fault is in the log"
    for secret in (ADDRESS, "canary.person", session_key, FORGED, key, PASSWORD, "mailer@example.com", "url.query"):
        assert secret not in everything
    assert "session_key=Aa" not in everything


async def _provoke(server: Server, key: str) -> tuple[str, dict[str, Any]]:
    """Book, be rejected, open good and bad links, send bad keys, and make PostgreSQL quote a row."""
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=server.url, headers=headers, timeout=20) as api:
        interview = await post_interview(api, email=ADDRESS)
        booked = await post_booking(api, interview, minutes=0)
        session_key: str = booked["session"]["session_key"]
        for text in (session_key, FORGED, session_key[:-1]):
            await api.get("/", params={"session_key": text})
        bad = await api.get("/api/jobs/", headers={"Authorization": f"Bearer {key[:-1]}x"})
        assert bad.status_code == 401
        body = {"candidate": candidate_fields(full_name="Quoted", email=ADDRESS.replace("c", "k")), "job": job_fields()}
        failed = await api.post("/api/interviews/", json=body)
        assert failed.status_code == 500
        assert "example.com" not in failed.text
        ident = booked["invitation"]["deliveries"][0]["id"]
        until = time.monotonic() + 20
        while True:
            delivery: dict[str, Any] = (await api.get(f"/api/notifications/deliveries/{ident}/")).json()
            if delivery["state"] != "pending" or time.monotonic() > until:
                return session_key, delivery
