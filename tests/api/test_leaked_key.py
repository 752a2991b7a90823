"""What someone can do who has found an API key: each test is the attack, and the bound that it meets."""

import httpx

from factories import post_interview, post_slot, rows


async def booked(api: httpx.AsyncClient) -> dict[str, object]:
    response = await api.post(
        f"/api/interviews/slots/{await post_slot(api)}/book_slot/", json={"interview_id": await post_interview(api)}
    )
    assert response.status_code == 201, response.text
    answer: dict[str, object] = response.json()
    return answer


async def test_one_mailbox_is_not_filled_by_re_invitations(api: httpx.AsyncClient) -> None:
    session = (await booked(api))["session"]
    assert isinstance(session, dict)
    answers = [await api.post(f"/api/interviews/sessions/{session['id']}/reissue/") for _ in range(30)]
    assert [answer.status_code for answer in answers] == [200] * 6 + [429] * 24
    assert len(await rows("delivery")) == 7
