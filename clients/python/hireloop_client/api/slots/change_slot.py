from http import HTTPStatus
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.known_slot import KnownSlot
from ...models.problem import Problem
from ...models.slot_change_fields import SlotChangeFields
from ...types import UNSET, Response, Unset


def _get_kwargs(
    slot_id: UUID,
    *,
    body: SlotChangeFields,
    if_match: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(if_match, Unset):
        headers["If-Match"] = if_match

    _kwargs: dict[str, Any] = {
        "method": "patch",
        "url": "/api/interviews/slots/{slot_id}/".format(
            slot_id=quote(str(slot_id), safe=""),
        ),
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> KnownSlot | Problem | None:
    if response.status_code == 200:
        response_200 = KnownSlot.from_dict(response.json())

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

    if response.status_code == 412:
        response_412 = Problem.from_dict(response.json())

        return response_412

    if response.status_code == 413:
        response_413 = Problem.from_dict(response.json())

        return response_413

    if response.status_code == 414:
        response_414 = Problem.from_dict(response.json())

        return response_414

    if response.status_code == 415:
        response_415 = Problem.from_dict(response.json())

        return response_415

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


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[KnownSlot | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    slot_id: UUID,
    *,
    client: AuthenticatedClient | Client,
    body: SlotChangeFields,
    if_match: str | Unset = UNSET,
) -> Response[KnownSlot | Problem]:
    """Change slot

     Change what is sent of a slot. Of one in use the times, the interviewer and the job stand.

    Needs a key with the role `recruiter`.

    Args:
        slot_id (UUID):
        if_match (str | Unset):
        body (SlotChangeFields): What is to become of a slot; what is not sent stays.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[KnownSlot | Problem]
    """

    kwargs = _get_kwargs(
        slot_id=slot_id,
        body=body,
        if_match=if_match,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    slot_id: UUID,
    *,
    client: AuthenticatedClient | Client,
    body: SlotChangeFields,
    if_match: str | Unset = UNSET,
) -> KnownSlot | Problem | None:
    """Change slot

     Change what is sent of a slot. Of one in use the times, the interviewer and the job stand.

    Needs a key with the role `recruiter`.

    Args:
        slot_id (UUID):
        if_match (str | Unset):
        body (SlotChangeFields): What is to become of a slot; what is not sent stays.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        KnownSlot | Problem
    """

    return sync_detailed(
        slot_id=slot_id,
        client=client,
        body=body,
        if_match=if_match,
    ).parsed


async def asyncio_detailed(
    slot_id: UUID,
    *,
    client: AuthenticatedClient | Client,
    body: SlotChangeFields,
    if_match: str | Unset = UNSET,
) -> Response[KnownSlot | Problem]:
    """Change slot

     Change what is sent of a slot. Of one in use the times, the interviewer and the job stand.

    Needs a key with the role `recruiter`.

    Args:
        slot_id (UUID):
        if_match (str | Unset):
        body (SlotChangeFields): What is to become of a slot; what is not sent stays.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[KnownSlot | Problem]
    """

    kwargs = _get_kwargs(
        slot_id=slot_id,
        body=body,
        if_match=if_match,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    slot_id: UUID,
    *,
    client: AuthenticatedClient | Client,
    body: SlotChangeFields,
    if_match: str | Unset = UNSET,
) -> KnownSlot | Problem | None:
    """Change slot

     Change what is sent of a slot. Of one in use the times, the interviewer and the job stand.

    Needs a key with the role `recruiter`.

    Args:
        slot_id (UUID):
        if_match (str | Unset):
        body (SlotChangeFields): What is to become of a slot; what is not sent stays.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        KnownSlot | Problem
    """

    return (
        await asyncio_detailed(
            slot_id=slot_id,
            client=client,
            body=body,
            if_match=if_match,
        )
    ).parsed
