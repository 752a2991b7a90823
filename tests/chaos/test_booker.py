"""The booker asks until it knows, with the same key, and keeps what was acknowledged and nothing else."""

import json
from collections.abc import Sequence
from uuid import UUID

import pytest

from chaos import booker
from chaos.booker import Booker
from chaos.facts import Promise
from chaos.people import Wish
from servers.http import Does, Raw, Received, Reply, ScriptedHttpServer

WISH = Wish(*(UUID(int=number) for number in range(1, 4)))
SCHEDULE, DELIVERY = UUID(int=4), UUID(int=5)
JSON = {"Content-Type": "application/json"}
AWAY = Reply(503, b'{"code": "database-away"}', {"Content-Type": "application/problem+json"})
IN_PROGRESS = Reply(409, b'{"code": "idempotency-in-progress"}', {"Content-Type": "application/problem+json"})
FULL = Reply(409, b'{"code": "slot-full"}', {"Content-Type": "application/problem+json"})
NO_ANSWER = Raw(b"")
BROKEN = Reply(500, b"oh")


@pytest.fixture(autouse=True)
def _without_a_thought(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(booker, "LONGEST_THOUGHT_SECONDS", 0.0)


def booked(slot: UUID, status: int) -> Reply:
    body = {"id": str(SCHEDULE), "slot": str(slot), "invitation": {"deliveries": [{"id": str(DELIVERY)}]}}
    return Reply(status, json.dumps(body).encode(), JSON)


def seed_of(kind: str) -> int:
    """Return a seed whose first booking is left alone, moved or cancelled; the booker draws a server first."""
    wanted = {"cancelled": range(10, 15), "moved": range(10), "left": range(15, 100)}[kind]

    def drawn(seed: int) -> int:
        chance = Booker([""], "", [], seed).chance
        chance.randrange(1)
        return chance.randrange(100)

    return next(seed for seed in range(1000) if drawn(seed) in wanted)


async def promise_after(kind: str, *does: Does) -> tuple[Promise, Sequence[Received], Booker]:
    with ScriptedHttpServer(*does) as server:
        asking = Booker([server.url], "a key", [WISH], seed_of(kind))
        await asking.run(rate=100, seconds=1)
        return asking.promises[0], server.received, asking


@pytest.mark.parametrize("unsure", [NO_ANSWER, AWAY, IN_PROGRESS])
async def test_what_got_no_certain_answer_is_asked_again_with_the_same_key(unsure: Does) -> None:
    promise, received, asking = await promise_after("left", unsure, booked(WISH.slot, 201))
    first, second = received
    assert first.path == second.path == f"/api/interviews/slots/{WISH.slot}/book_slot/"
    assert first.headers["Idempotency-Key"] == second.headers["Idempotency-Key"]
    assert (promise.schedule, promise.delivery, promise.unanswered, promise.answers) == (SCHEDULE, DELIVERY, "", [])
    assert (asking.acknowledged, asking.answers.total(), asking.open) == (1, 2, 0)


@pytest.mark.parametrize("wrong", [FULL, BROKEN])
async def test_an_answer_that_no_client_should_get_is_kept_and_not_asked_for_again(wrong: Reply) -> None:
    promise, received, _ = await promise_after("left", wrong)
    assert len(received) == 1
    assert promise.schedule is None
    assert promise.answers[0].startswith(f"slots/{WISH.slot}/book_slot/: answered {wrong.status}")


@pytest.mark.parametrize(
    ("kind", "path", "slot"),
    [("moved", "reschedule", WISH.other_slot), ("cancelled", "cancel", WISH.slot)],
)
async def test_a_change_is_promised_once_it_was_acknowledged(kind: str, path: str, slot: UUID) -> None:
    promise, received, _ = await promise_after(kind, booked(WISH.slot, 201), NO_ANSWER, booked(slot, 200))
    assert [one.path.split("/")[-2] for one in received] == ["book_slot", path, path]
    assert received[0].headers["Idempotency-Key"] != received[1].headers["Idempotency-Key"]
    assert (promise.slot, promise.revision, promise.is_cancelled) == (slot, 2, kind == "cancelled")
    assert promise.delivery == DELIVERY
