import datetime
from http import HTTPStatus
from typing import Any
from uuid import UUID

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.invitation_state import InvitationState
from ...models.page_schedule_answer import PageScheduleAnswer
from ...models.problem import Problem
from ...models.schedule_state import ScheduleState
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    limit: int | Unset = 50,
    after: UUID | Unset = UNSET,
    state: ScheduleState | Unset = UNSET,
    from_: datetime.datetime | Unset = UNSET,
    to: datetime.datetime | Unset = UNSET,
    candidate: UUID | Unset = UNSET,
    job: UUID | Unset = UNSET,
    invitation_state: InvitationState | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["limit"] = limit

    json_after: str | Unset = UNSET
    if not isinstance(after, Unset):
        json_after = str(after)
    params["after"] = json_after

    json_state: str | Unset = UNSET
    if not isinstance(state, Unset):
        json_state = state.value

    params["state"] = json_state

    json_from_: str | Unset = UNSET
    if not isinstance(from_, Unset):
        json_from_ = from_.isoformat()
    params["from"] = json_from_

    json_to: str | Unset = UNSET
    if not isinstance(to, Unset):
        json_to = to.isoformat()
    params["to"] = json_to

    json_candidate: str | Unset = UNSET
    if not isinstance(candidate, Unset):
        json_candidate = str(candidate)
    params["candidate"] = json_candidate

    json_job: str | Unset = UNSET
    if not isinstance(job, Unset):
        json_job = str(job)
    params["job"] = json_job

    json_invitation_state: str | Unset = UNSET
    if not isinstance(invitation_state, Unset):
        json_invitation_state = invitation_state.value

    params["invitation_state"] = json_invitation_state

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/interviews/schedules/",
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> PageScheduleAnswer | Problem | None:
    if response.status_code == 200:
        response_200 = PageScheduleAnswer.from_dict(response.json())

        return response_200

    if response.status_code == 400:
        response_400 = Problem.from_dict(response.json())

        return response_400

    if response.status_code == 401:
        response_401 = Problem.from_dict(response.json())

        return response_401

    if response.status_code == 414:
        response_414 = Problem.from_dict(response.json())

        return response_414

    if response.status_code == 429:
        response_429 = Problem.from_dict(response.json())

        return response_429

    if response.status_code == 431:
        response_431 = Problem.from_dict(response.json())

        return response_431

    if response.status_code == 500:
        response_500 = Problem.from_dict(response.json())

        return response_500

    if response.status_code == 503:
        response_503 = Problem.from_dict(response.json())

        return response_503

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[PageScheduleAnswer | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    limit: int | Unset = 50,
    after: UUID | Unset = UNSET,
    state: ScheduleState | Unset = UNSET,
    from_: datetime.datetime | Unset = UNSET,
    to: datetime.datetime | Unset = UNSET,
    candidate: UUID | Unset = UNSET,
    job: UUID | Unset = UNSET,
    invitation_state: InvitationState | Unset = UNSET,
) -> Response[PageScheduleAnswer | Problem]:
    """List schedules

     List bookings, the latest start first, by state, time, candidate, job, or where their invitation
    stands.

    Needs a key with the role `viewer`.

    Args:
        limit (int | Unset): How many items at most. Default: 50.
        after (UUID | Unset): The `next` of the page before.
        state (ScheduleState | Unset): Where a booking stands; `pending` and `confirmed` are live.
        from_ (datetime.datetime | Unset):
        to (datetime.datetime | Unset):
        candidate (UUID | Unset):
        job (UUID | Unset):
        invitation_state (InvitationState | Unset): Where the invitation of a booking's current
            revision stands.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PageScheduleAnswer | Problem]
    """

    kwargs = _get_kwargs(
        limit=limit,
        after=after,
        state=state,
        from_=from_,
        to=to,
        candidate=candidate,
        job=job,
        invitation_state=invitation_state,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient | Client,
    limit: int | Unset = 50,
    after: UUID | Unset = UNSET,
    state: ScheduleState | Unset = UNSET,
    from_: datetime.datetime | Unset = UNSET,
    to: datetime.datetime | Unset = UNSET,
    candidate: UUID | Unset = UNSET,
    job: UUID | Unset = UNSET,
    invitation_state: InvitationState | Unset = UNSET,
) -> PageScheduleAnswer | Problem | None:
    """List schedules

     List bookings, the latest start first, by state, time, candidate, job, or where their invitation
    stands.

    Needs a key with the role `viewer`.

    Args:
        limit (int | Unset): How many items at most. Default: 50.
        after (UUID | Unset): The `next` of the page before.
        state (ScheduleState | Unset): Where a booking stands; `pending` and `confirmed` are live.
        from_ (datetime.datetime | Unset):
        to (datetime.datetime | Unset):
        candidate (UUID | Unset):
        job (UUID | Unset):
        invitation_state (InvitationState | Unset): Where the invitation of a booking's current
            revision stands.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PageScheduleAnswer | Problem
    """

    return sync_detailed(
        client=client,
        limit=limit,
        after=after,
        state=state,
        from_=from_,
        to=to,
        candidate=candidate,
        job=job,
        invitation_state=invitation_state,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    limit: int | Unset = 50,
    after: UUID | Unset = UNSET,
    state: ScheduleState | Unset = UNSET,
    from_: datetime.datetime | Unset = UNSET,
    to: datetime.datetime | Unset = UNSET,
    candidate: UUID | Unset = UNSET,
    job: UUID | Unset = UNSET,
    invitation_state: InvitationState | Unset = UNSET,
) -> Response[PageScheduleAnswer | Problem]:
    """List schedules

     List bookings, the latest start first, by state, time, candidate, job, or where their invitation
    stands.

    Needs a key with the role `viewer`.

    Args:
        limit (int | Unset): How many items at most. Default: 50.
        after (UUID | Unset): The `next` of the page before.
        state (ScheduleState | Unset): Where a booking stands; `pending` and `confirmed` are live.
        from_ (datetime.datetime | Unset):
        to (datetime.datetime | Unset):
        candidate (UUID | Unset):
        job (UUID | Unset):
        invitation_state (InvitationState | Unset): Where the invitation of a booking's current
            revision stands.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PageScheduleAnswer | Problem]
    """

    kwargs = _get_kwargs(
        limit=limit,
        after=after,
        state=state,
        from_=from_,
        to=to,
        candidate=candidate,
        job=job,
        invitation_state=invitation_state,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    limit: int | Unset = 50,
    after: UUID | Unset = UNSET,
    state: ScheduleState | Unset = UNSET,
    from_: datetime.datetime | Unset = UNSET,
    to: datetime.datetime | Unset = UNSET,
    candidate: UUID | Unset = UNSET,
    job: UUID | Unset = UNSET,
    invitation_state: InvitationState | Unset = UNSET,
) -> PageScheduleAnswer | Problem | None:
    """List schedules

     List bookings, the latest start first, by state, time, candidate, job, or where their invitation
    stands.

    Needs a key with the role `viewer`.

    Args:
        limit (int | Unset): How many items at most. Default: 50.
        after (UUID | Unset): The `next` of the page before.
        state (ScheduleState | Unset): Where a booking stands; `pending` and `confirmed` are live.
        from_ (datetime.datetime | Unset):
        to (datetime.datetime | Unset):
        candidate (UUID | Unset):
        job (UUID | Unset):
        invitation_state (InvitationState | Unset): Where the invitation of a booking's current
            revision stands.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PageScheduleAnswer | Problem
    """

    return (
        await asyncio_detailed(
            client=client,
            limit=limit,
            after=after,
            state=state,
            from_=from_,
            to=to,
            candidate=candidate,
            job=job,
            invitation_state=invitation_state,
        )
    ).parsed
