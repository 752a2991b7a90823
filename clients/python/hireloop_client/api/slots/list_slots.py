import datetime
from http import HTTPStatus
from typing import Any
from uuid import UUID

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.page_known_slot import PageKnownSlot
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    limit: int | Unset = 50,
    after: UUID | Unset = UNSET,
    from_: datetime.datetime | Unset = UNSET,
    to: datetime.datetime | Unset = UNSET,
    available: bool | Unset = UNSET,
    job: UUID | Unset = UNSET,
    interviewer: str | Unset = UNSET,
    min_minutes: int | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["limit"] = limit

    json_after: str | Unset = UNSET
    if not isinstance(after, Unset):
        json_after = str(after)
    params["after"] = json_after

    json_from_: str | Unset = UNSET
    if not isinstance(from_, Unset):
        json_from_ = from_.isoformat()
    params["from"] = json_from_

    json_to: str | Unset = UNSET
    if not isinstance(to, Unset):
        json_to = to.isoformat()
    params["to"] = json_to

    params["available"] = available

    json_job: str | Unset = UNSET
    if not isinstance(job, Unset):
        json_job = str(job)
    params["job"] = json_job

    params["interviewer"] = interviewer

    params["min_minutes"] = min_minutes

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/interviews/slots/",
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> PageKnownSlot | Problem | None:
    if response.status_code == 200:
        response_200 = PageKnownSlot.from_dict(response.json())

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
) -> Response[PageKnownSlot | Problem]:
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
    from_: datetime.datetime | Unset = UNSET,
    to: datetime.datetime | Unset = UNSET,
    available: bool | Unset = UNSET,
    job: UUID | Unset = UNSET,
    interviewer: str | Unset = UNSET,
    min_minutes: int | Unset = UNSET,
) -> Response[PageKnownSlot | Problem]:
    """List slots

     List slots in the order of their start, by time, availability, the job they serve, interviewer or
    length.

    Needs a key with the role `viewer`.

    Args:
        limit (int | Unset): How many items at most. Default: 50.
        after (UUID | Unset): The `next` of the page before.
        from_ (datetime.datetime | Unset):
        to (datetime.datetime | Unset):
        available (bool | Unset):
        job (UUID | Unset):
        interviewer (str | Unset):
        min_minutes (int | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PageKnownSlot | Problem]
    """

    kwargs = _get_kwargs(
        limit=limit,
        after=after,
        from_=from_,
        to=to,
        available=available,
        job=job,
        interviewer=interviewer,
        min_minutes=min_minutes,
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
    from_: datetime.datetime | Unset = UNSET,
    to: datetime.datetime | Unset = UNSET,
    available: bool | Unset = UNSET,
    job: UUID | Unset = UNSET,
    interviewer: str | Unset = UNSET,
    min_minutes: int | Unset = UNSET,
) -> PageKnownSlot | Problem | None:
    """List slots

     List slots in the order of their start, by time, availability, the job they serve, interviewer or
    length.

    Needs a key with the role `viewer`.

    Args:
        limit (int | Unset): How many items at most. Default: 50.
        after (UUID | Unset): The `next` of the page before.
        from_ (datetime.datetime | Unset):
        to (datetime.datetime | Unset):
        available (bool | Unset):
        job (UUID | Unset):
        interviewer (str | Unset):
        min_minutes (int | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PageKnownSlot | Problem
    """

    return sync_detailed(
        client=client,
        limit=limit,
        after=after,
        from_=from_,
        to=to,
        available=available,
        job=job,
        interviewer=interviewer,
        min_minutes=min_minutes,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    limit: int | Unset = 50,
    after: UUID | Unset = UNSET,
    from_: datetime.datetime | Unset = UNSET,
    to: datetime.datetime | Unset = UNSET,
    available: bool | Unset = UNSET,
    job: UUID | Unset = UNSET,
    interviewer: str | Unset = UNSET,
    min_minutes: int | Unset = UNSET,
) -> Response[PageKnownSlot | Problem]:
    """List slots

     List slots in the order of their start, by time, availability, the job they serve, interviewer or
    length.

    Needs a key with the role `viewer`.

    Args:
        limit (int | Unset): How many items at most. Default: 50.
        after (UUID | Unset): The `next` of the page before.
        from_ (datetime.datetime | Unset):
        to (datetime.datetime | Unset):
        available (bool | Unset):
        job (UUID | Unset):
        interviewer (str | Unset):
        min_minutes (int | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PageKnownSlot | Problem]
    """

    kwargs = _get_kwargs(
        limit=limit,
        after=after,
        from_=from_,
        to=to,
        available=available,
        job=job,
        interviewer=interviewer,
        min_minutes=min_minutes,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    limit: int | Unset = 50,
    after: UUID | Unset = UNSET,
    from_: datetime.datetime | Unset = UNSET,
    to: datetime.datetime | Unset = UNSET,
    available: bool | Unset = UNSET,
    job: UUID | Unset = UNSET,
    interviewer: str | Unset = UNSET,
    min_minutes: int | Unset = UNSET,
) -> PageKnownSlot | Problem | None:
    """List slots

     List slots in the order of their start, by time, availability, the job they serve, interviewer or
    length.

    Needs a key with the role `viewer`.

    Args:
        limit (int | Unset): How many items at most. Default: 50.
        after (UUID | Unset): The `next` of the page before.
        from_ (datetime.datetime | Unset):
        to (datetime.datetime | Unset):
        available (bool | Unset):
        job (UUID | Unset):
        interviewer (str | Unset):
        min_minutes (int | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PageKnownSlot | Problem
    """

    return (
        await asyncio_detailed(
            client=client,
            limit=limit,
            after=after,
            from_=from_,
            to=to,
            available=available,
            job=job,
            interviewer=interviewer,
            min_minutes=min_minutes,
        )
    ).parsed
