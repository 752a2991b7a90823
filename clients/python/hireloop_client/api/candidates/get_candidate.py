from http import HTTPStatus
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.known_candidate import KnownCandidate
from ...models.problem import Problem
from ...types import Response


def _get_kwargs(
    candidate_id: UUID,
) -> dict[str, Any]:

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/candidates/{candidate_id}/".format(
            candidate_id=quote(str(candidate_id), safe=""),
        ),
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> KnownCandidate | Problem | None:
    if response.status_code == 200:
        response_200 = KnownCandidate.from_dict(response.json())

        return response_200

    if response.status_code == 400:
        response_400 = Problem.from_dict(response.json())

        return response_400

    if response.status_code == 401:
        response_401 = Problem.from_dict(response.json())

        return response_401

    if response.status_code == 404:
        response_404 = Problem.from_dict(response.json())

        return response_404

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
) -> Response[KnownCandidate | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    candidate_id: UUID,
    *,
    client: AuthenticatedClient | Client,
) -> Response[KnownCandidate | Problem]:
    """Get candidate

     Show one candidate.

    Needs a key with the role `viewer`.

    Args:
        candidate_id (UUID):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[KnownCandidate | Problem]
    """

    kwargs = _get_kwargs(
        candidate_id=candidate_id,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    candidate_id: UUID,
    *,
    client: AuthenticatedClient | Client,
) -> KnownCandidate | Problem | None:
    """Get candidate

     Show one candidate.

    Needs a key with the role `viewer`.

    Args:
        candidate_id (UUID):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        KnownCandidate | Problem
    """

    return sync_detailed(
        candidate_id=candidate_id,
        client=client,
    ).parsed


async def asyncio_detailed(
    candidate_id: UUID,
    *,
    client: AuthenticatedClient | Client,
) -> Response[KnownCandidate | Problem]:
    """Get candidate

     Show one candidate.

    Needs a key with the role `viewer`.

    Args:
        candidate_id (UUID):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[KnownCandidate | Problem]
    """

    kwargs = _get_kwargs(
        candidate_id=candidate_id,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    candidate_id: UUID,
    *,
    client: AuthenticatedClient | Client,
) -> KnownCandidate | Problem | None:
    """Get candidate

     Show one candidate.

    Needs a key with the role `viewer`.

    Args:
        candidate_id (UUID):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        KnownCandidate | Problem
    """

    return (
        await asyncio_detailed(
            candidate_id=candidate_id,
            client=client,
        )
    ).parsed
