from http import HTTPStatus
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.interview_answer import InterviewAnswer
from ...models.interview_patch import InterviewPatch
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    interview_id: UUID,
    *,
    body: InterviewPatch,
    if_match: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(if_match, Unset):
        headers["If-Match"] = if_match

    _kwargs: dict[str, Any] = {
        "method": "patch",
        "url": "/api/interviews/{interview_id}/".format(
            interview_id=quote(str(interview_id), safe=""),
        ),
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> InterviewAnswer | Problem | None:
    if response.status_code == 200:
        response_200 = InterviewAnswer.from_dict(response.json())

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


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[InterviewAnswer | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    interview_id: UUID,
    *,
    client: AuthenticatedClient | Client,
    body: InterviewPatch,
    if_match: str | Unset = UNSET,
) -> Response[InterviewAnswer | Problem]:
    """Change interview

     Change what is given. Candidate and job stay once it was booked; to move a booking, reschedule it.

    Needs a key with the role `recruiter`.

    Args:
        interview_id (UUID):
        if_match (str | Unset):
        body (InterviewPatch): What is to be otherwise about an interview: what is left out stays.

                The last four are here to say where they are changed: a booking sets them.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[InterviewAnswer | Problem]
    """

    kwargs = _get_kwargs(
        interview_id=interview_id,
        body=body,
        if_match=if_match,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    interview_id: UUID,
    *,
    client: AuthenticatedClient | Client,
    body: InterviewPatch,
    if_match: str | Unset = UNSET,
) -> InterviewAnswer | Problem | None:
    """Change interview

     Change what is given. Candidate and job stay once it was booked; to move a booking, reschedule it.

    Needs a key with the role `recruiter`.

    Args:
        interview_id (UUID):
        if_match (str | Unset):
        body (InterviewPatch): What is to be otherwise about an interview: what is left out stays.

                The last four are here to say where they are changed: a booking sets them.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        InterviewAnswer | Problem
    """

    return sync_detailed(
        interview_id=interview_id,
        client=client,
        body=body,
        if_match=if_match,
    ).parsed


async def asyncio_detailed(
    interview_id: UUID,
    *,
    client: AuthenticatedClient | Client,
    body: InterviewPatch,
    if_match: str | Unset = UNSET,
) -> Response[InterviewAnswer | Problem]:
    """Change interview

     Change what is given. Candidate and job stay once it was booked; to move a booking, reschedule it.

    Needs a key with the role `recruiter`.

    Args:
        interview_id (UUID):
        if_match (str | Unset):
        body (InterviewPatch): What is to be otherwise about an interview: what is left out stays.

                The last four are here to say where they are changed: a booking sets them.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[InterviewAnswer | Problem]
    """

    kwargs = _get_kwargs(
        interview_id=interview_id,
        body=body,
        if_match=if_match,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    interview_id: UUID,
    *,
    client: AuthenticatedClient | Client,
    body: InterviewPatch,
    if_match: str | Unset = UNSET,
) -> InterviewAnswer | Problem | None:
    """Change interview

     Change what is given. Candidate and job stay once it was booked; to move a booking, reschedule it.

    Needs a key with the role `recruiter`.

    Args:
        interview_id (UUID):
        if_match (str | Unset):
        body (InterviewPatch): What is to be otherwise about an interview: what is left out stays.

                The last four are here to say where they are changed: a booking sets them.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        InterviewAnswer | Problem
    """

    return (
        await asyncio_detailed(
            interview_id=interview_id,
            client=client,
            body=body,
            if_match=if_match,
        )
    ).parsed
