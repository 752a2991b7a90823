from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.bounce_answer import BounceAnswer
from ...models.new_bounce import NewBounce
from ...models.problem import Problem
from ...types import UNSET, File, Response, Unset


def _get_kwargs(
    *,
    body: NewBounce | File | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(idempotency_key, Unset):
        headers["Idempotency-Key"] = idempotency_key

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/api/notifications/bounces/",
    }

    if isinstance(body, NewBounce):
        _kwargs["json"] = body.to_dict()

        headers["Content-Type"] = "application/json"
    if isinstance(body, File):
        _kwargs["content"] = body.payload
        headers["Content-Type"] = "message/rfc822"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> BounceAnswer | Problem | None:
    if response.status_code == 200:
        response_200 = BounceAnswer.from_dict(response.json())

        return response_200

    if response.status_code == 400:
        response_400 = Problem.from_dict(response.json())

        return response_400

    if response.status_code == 401:
        response_401 = Problem.from_dict(response.json())

        return response_401

    if response.status_code == 403:
        response_403 = Problem.from_dict(response.json())

        return response_403

    if response.status_code == 404:
        response_404 = Problem.from_dict(response.json())

        return response_404

    if response.status_code == 409:
        response_409 = Problem.from_dict(response.json())

        return response_409

    if response.status_code == 413:
        response_413 = Problem.from_dict(response.json())

        return response_413

    if response.status_code == 414:
        response_414 = Problem.from_dict(response.json())

        return response_414

    if response.status_code == 415:
        response_415 = Problem.from_dict(response.json())

        return response_415

    if response.status_code == 422:
        response_422 = Problem.from_dict(response.json())

        return response_422

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
) -> Response[BounceAnswer | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: NewBounce | File | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,
) -> Response[BounceAnswer | Problem]:
    """Take bounce

     Take in a bounce: a whole report as `message/rfc822`, or what a provider says of one mail as JSON.

    A report is believed by its signed address, or by its Message-ID and recipient together. JSON is
    believed by its
    `message_id`, and by `recipient` where that is given. `action` is `failed` where it is not given.

    Needs a key with the role `recruiter`.

    Args:
        idempotency_key (str | Unset):
        body (NewBounce): What a provider says of a mail.
        body (File):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[BounceAnswer | Problem]
    """

    kwargs = _get_kwargs(
        body=body,
        idempotency_key=idempotency_key,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient | Client,
    body: NewBounce | File | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,
) -> BounceAnswer | Problem | None:
    """Take bounce

     Take in a bounce: a whole report as `message/rfc822`, or what a provider says of one mail as JSON.

    A report is believed by its signed address, or by its Message-ID and recipient together. JSON is
    believed by its
    `message_id`, and by `recipient` where that is given. `action` is `failed` where it is not given.

    Needs a key with the role `recruiter`.

    Args:
        idempotency_key (str | Unset):
        body (NewBounce): What a provider says of a mail.
        body (File):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        BounceAnswer | Problem
    """

    return sync_detailed(
        client=client,
        body=body,
        idempotency_key=idempotency_key,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: NewBounce | File | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,
) -> Response[BounceAnswer | Problem]:
    """Take bounce

     Take in a bounce: a whole report as `message/rfc822`, or what a provider says of one mail as JSON.

    A report is believed by its signed address, or by its Message-ID and recipient together. JSON is
    believed by its
    `message_id`, and by `recipient` where that is given. `action` is `failed` where it is not given.

    Needs a key with the role `recruiter`.

    Args:
        idempotency_key (str | Unset):
        body (NewBounce): What a provider says of a mail.
        body (File):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[BounceAnswer | Problem]
    """

    kwargs = _get_kwargs(
        body=body,
        idempotency_key=idempotency_key,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    body: NewBounce | File | Unset = UNSET,
    idempotency_key: str | Unset = UNSET,
) -> BounceAnswer | Problem | None:
    """Take bounce

     Take in a bounce: a whole report as `message/rfc822`, or what a provider says of one mail as JSON.

    A report is believed by its signed address, or by its Message-ID and recipient together. JSON is
    believed by its
    `message_id`, and by `recipient` where that is given. `action` is `failed` where it is not given.

    Needs a key with the role `recruiter`.

    Args:
        idempotency_key (str | Unset):
        body (NewBounce): What a provider says of a mail.
        body (File):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        BounceAnswer | Problem
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
            idempotency_key=idempotency_key,
        )
    ).parsed
