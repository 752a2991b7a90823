"""Responses to requests that create something: 201, or 200 if it existed before, with its address in `Location`."""

from typing import Protocol, TypeVar
from uuid import UUID

from litestar import Response


class _Stored(Protocol):
    @property
    def id(self) -> UUID: ...


T = TypeVar("T", bound=_Stored)


def created_response(path: str, body: T, *, created: bool = True) -> Response[T]:
    """Return the response with what is now stored under `path` and its ID; `created` is false if it existed before."""
    return Response(body, status_code=201 if created else 200, headers={"Location": f"{path}{body.id}/"})
