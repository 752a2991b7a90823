import datetime
from http import HTTPStatus
from typing import Any
from uuid import UUID

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.delivery_state import DeliveryState
from ...models.page_delivery_answer import PageDeliveryAnswer
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    limit: int | Unset = 50,
    after: UUID | Unset = UNSET,
    state: DeliveryState | Unset = UNSET,
    channel: str | Unset = UNSET,
    reason: str | Unset = UNSET,
    kind: str | Unset = UNSET,
    since: datetime.datetime | Unset = UNSET,
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

    params["channel"] = channel

    params["reason"] = reason

    params["kind"] = kind

    json_since: str | Unset = UNSET
    if not isinstance(since, Unset):
        json_since = since.isoformat()
    params["since"] = json_since

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/notifications/deliveries/",
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> PageDeliveryAnswer | Problem | None:
    if response.status_code == 200:
        response_200 = PageDeliveryAnswer.from_dict(response.json())

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
) -> Response[PageDeliveryAnswer | Problem]:
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
    state: DeliveryState | Unset = UNSET,
    channel: str | Unset = UNSET,
    reason: str | Unset = UNSET,
    kind: str | Unset = UNSET,
    since: datetime.datetime | Unset = UNSET,
) -> Response[PageDeliveryAnswer | Problem]:
    """List deliveries

     List deliveries, newest first, by state, channel, reason, kind or age.

    Needs a key with the role `viewer`.

    Args:
        limit (int | Unset): How many items at most. Default: 50.
        after (UUID | Unset): The `next` of the page before.
        state (DeliveryState | Unset): Where a delivery stands; only `pending` is not an end.
        channel (str | Unset):
        reason (str | Unset):
        kind (str | Unset):
        since (datetime.datetime | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PageDeliveryAnswer | Problem]
    """

    kwargs = _get_kwargs(
        limit=limit,
        after=after,
        state=state,
        channel=channel,
        reason=reason,
        kind=kind,
        since=since,
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
    state: DeliveryState | Unset = UNSET,
    channel: str | Unset = UNSET,
    reason: str | Unset = UNSET,
    kind: str | Unset = UNSET,
    since: datetime.datetime | Unset = UNSET,
) -> PageDeliveryAnswer | Problem | None:
    """List deliveries

     List deliveries, newest first, by state, channel, reason, kind or age.

    Needs a key with the role `viewer`.

    Args:
        limit (int | Unset): How many items at most. Default: 50.
        after (UUID | Unset): The `next` of the page before.
        state (DeliveryState | Unset): Where a delivery stands; only `pending` is not an end.
        channel (str | Unset):
        reason (str | Unset):
        kind (str | Unset):
        since (datetime.datetime | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PageDeliveryAnswer | Problem
    """

    return sync_detailed(
        client=client,
        limit=limit,
        after=after,
        state=state,
        channel=channel,
        reason=reason,
        kind=kind,
        since=since,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    limit: int | Unset = 50,
    after: UUID | Unset = UNSET,
    state: DeliveryState | Unset = UNSET,
    channel: str | Unset = UNSET,
    reason: str | Unset = UNSET,
    kind: str | Unset = UNSET,
    since: datetime.datetime | Unset = UNSET,
) -> Response[PageDeliveryAnswer | Problem]:
    """List deliveries

     List deliveries, newest first, by state, channel, reason, kind or age.

    Needs a key with the role `viewer`.

    Args:
        limit (int | Unset): How many items at most. Default: 50.
        after (UUID | Unset): The `next` of the page before.
        state (DeliveryState | Unset): Where a delivery stands; only `pending` is not an end.
        channel (str | Unset):
        reason (str | Unset):
        kind (str | Unset):
        since (datetime.datetime | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PageDeliveryAnswer | Problem]
    """

    kwargs = _get_kwargs(
        limit=limit,
        after=after,
        state=state,
        channel=channel,
        reason=reason,
        kind=kind,
        since=since,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    limit: int | Unset = 50,
    after: UUID | Unset = UNSET,
    state: DeliveryState | Unset = UNSET,
    channel: str | Unset = UNSET,
    reason: str | Unset = UNSET,
    kind: str | Unset = UNSET,
    since: datetime.datetime | Unset = UNSET,
) -> PageDeliveryAnswer | Problem | None:
    """List deliveries

     List deliveries, newest first, by state, channel, reason, kind or age.

    Needs a key with the role `viewer`.

    Args:
        limit (int | Unset): How many items at most. Default: 50.
        after (UUID | Unset): The `next` of the page before.
        state (DeliveryState | Unset): Where a delivery stands; only `pending` is not an end.
        channel (str | Unset):
        reason (str | Unset):
        kind (str | Unset):
        since (datetime.datetime | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PageDeliveryAnswer | Problem
    """

    return (
        await asyncio_detailed(
            client=client,
            limit=limit,
            after=after,
            state=state,
            channel=channel,
            reason=reason,
            kind=kind,
            since=since,
        )
    ).parsed
