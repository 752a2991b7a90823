import datetime
from http import HTTPStatus
from typing import Any
from uuid import UUID

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.interview_state import InterviewState
from ...models.page_interview_answer import PageInterviewAnswer
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    limit: int | Unset = 50,
    after: UUID | Unset = UNSET,
    state: InterviewState | Unset = UNSET,
    candidate: UUID | Unset = UNSET,
    job: UUID | Unset = UNSET,
    from_: datetime.datetime | Unset = UNSET,
    to: datetime.datetime | Unset = UNSET,
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

    json_candidate: str | Unset = UNSET
    if not isinstance(candidate, Unset):
        json_candidate = str(candidate)
    params["candidate"] = json_candidate

    json_job: str | Unset = UNSET
    if not isinstance(job, Unset):
        json_job = str(job)
    params["job"] = json_job

    json_from_: str | Unset = UNSET
    if not isinstance(from_, Unset):
        json_from_ = from_.isoformat()
    params["from"] = json_from_

    json_to: str | Unset = UNSET
    if not isinstance(to, Unset):
        json_to = to.isoformat()
    params["to"] = json_to

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/interviews/",
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> PageInterviewAnswer | Problem | None:
    if response.status_code == 200:
        response_200 = PageInterviewAnswer.from_dict(response.json())

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
) -> Response[PageInterviewAnswer | Problem]:
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
    state: InterviewState | Unset = UNSET,
    candidate: UUID | Unset = UNSET,
    job: UUID | Unset = UNSET,
    from_: datetime.datetime | Unset = UNSET,
    to: datetime.datetime | Unset = UNSET,
) -> Response[PageInterviewAnswer | Problem]:
    """List interviews

     List interviews, newest first, by state, candidate or job; or by their start, the latest first
    (`from`, `to`).

    Needs a key with the role `viewer`.

    Args:
        limit (int | Unset): How many items at most. Default: 50.
        after (UUID | Unset): The `next` of the page before.
        state (InterviewState | Unset): Where an interview stands.
        candidate (UUID | Unset):
        job (UUID | Unset):
        from_ (datetime.datetime | Unset):
        to (datetime.datetime | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PageInterviewAnswer | Problem]
    """

    kwargs = _get_kwargs(
        limit=limit,
        after=after,
        state=state,
        candidate=candidate,
        job=job,
        from_=from_,
        to=to,
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
    state: InterviewState | Unset = UNSET,
    candidate: UUID | Unset = UNSET,
    job: UUID | Unset = UNSET,
    from_: datetime.datetime | Unset = UNSET,
    to: datetime.datetime | Unset = UNSET,
) -> PageInterviewAnswer | Problem | None:
    """List interviews

     List interviews, newest first, by state, candidate or job; or by their start, the latest first
    (`from`, `to`).

    Needs a key with the role `viewer`.

    Args:
        limit (int | Unset): How many items at most. Default: 50.
        after (UUID | Unset): The `next` of the page before.
        state (InterviewState | Unset): Where an interview stands.
        candidate (UUID | Unset):
        job (UUID | Unset):
        from_ (datetime.datetime | Unset):
        to (datetime.datetime | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PageInterviewAnswer | Problem
    """

    return sync_detailed(
        client=client,
        limit=limit,
        after=after,
        state=state,
        candidate=candidate,
        job=job,
        from_=from_,
        to=to,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    limit: int | Unset = 50,
    after: UUID | Unset = UNSET,
    state: InterviewState | Unset = UNSET,
    candidate: UUID | Unset = UNSET,
    job: UUID | Unset = UNSET,
    from_: datetime.datetime | Unset = UNSET,
    to: datetime.datetime | Unset = UNSET,
) -> Response[PageInterviewAnswer | Problem]:
    """List interviews

     List interviews, newest first, by state, candidate or job; or by their start, the latest first
    (`from`, `to`).

    Needs a key with the role `viewer`.

    Args:
        limit (int | Unset): How many items at most. Default: 50.
        after (UUID | Unset): The `next` of the page before.
        state (InterviewState | Unset): Where an interview stands.
        candidate (UUID | Unset):
        job (UUID | Unset):
        from_ (datetime.datetime | Unset):
        to (datetime.datetime | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PageInterviewAnswer | Problem]
    """

    kwargs = _get_kwargs(
        limit=limit,
        after=after,
        state=state,
        candidate=candidate,
        job=job,
        from_=from_,
        to=to,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    limit: int | Unset = 50,
    after: UUID | Unset = UNSET,
    state: InterviewState | Unset = UNSET,
    candidate: UUID | Unset = UNSET,
    job: UUID | Unset = UNSET,
    from_: datetime.datetime | Unset = UNSET,
    to: datetime.datetime | Unset = UNSET,
) -> PageInterviewAnswer | Problem | None:
    """List interviews

     List interviews, newest first, by state, candidate or job; or by their start, the latest first
    (`from`, `to`).

    Needs a key with the role `viewer`.

    Args:
        limit (int | Unset): How many items at most. Default: 50.
        after (UUID | Unset): The `next` of the page before.
        state (InterviewState | Unset): Where an interview stands.
        candidate (UUID | Unset):
        job (UUID | Unset):
        from_ (datetime.datetime | Unset):
        to (datetime.datetime | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PageInterviewAnswer | Problem
    """

    return (
        await asyncio_detailed(
            client=client,
            limit=limit,
            after=after,
            state=state,
            candidate=candidate,
            job=job,
            from_=from_,
            to=to,
        )
    ).parsed
