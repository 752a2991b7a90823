import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute


@pytest.fixture
async def schema(visitor: httpx.AsyncClient) -> dict[str, Any]:
    answered = await visitor.get("/schema/openapi.json")
    assert answered.status_code == 200
    document: dict[str, Any] = json.loads(answered.text)
    return document


def operations(schema: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in schema["paths"].items():
        for method, operation in item.items():
            if method in {"get", "post", "patch", "put", "delete"}:
                yield path, method, operation


async def test_the_page_and_its_files_come_from_here(visitor: httpx.AsyncClient) -> None:
    page = await visitor.get("/docs")
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    loaded = re.findall(r"""(?:src|href|url|action)\s*[=:]\s*["']([^"']+)""", page.text.split("SwaggerUIBundle(")[0])
    assert len(loaded) == 4
    for address in loaded:
        assert address.startswith("/"), address
        file = await visitor.get(address)
        assert (file.status_code, bool(file.content)) == (200, True)


async def test_nothing_on_the_page_has_an_address_elsewhere(visitor: httpx.AsyncClient) -> None:
    page = await visitor.get("/docs")
    assert not re.search(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}", page.text)


async def test_the_style_sheet_loads_nothing_from_elsewhere(visitor: httpx.AsyncClient) -> None:
    style = (await visitor.get("/docs-assets/swagger-ui.css")).text
    assert not re.findall(r"url\(\s*['\"]?(?:https?:)?//", style)
    assert "@import" not in style


async def test_a_file_that_is_not_there_is_not_found(visitor: httpx.AsyncClient) -> None:
    for path in ("/docs-assets/nothing.js", "/docs-assets/../docs.py", "/docs-assets/%2e%2e/docs.py"):
        assert (await visitor.get(path)).status_code == 404


async def test_the_document_is_openapi_3_1_and_whole(schema: dict[str, Any]) -> None:
    assert schema["openapi"].startswith("3.1.")
    assert schema["info"]["title"] == "HireLoop"
    names = [operation["operationId"] for _, _, operation in operations(schema)]
    assert len(set(names)) == len(names) > 20
    for path, method, operation in operations(schema):
        assert operation["responses"], (method, path)
        placeholders = {part["name"] for part in operation.get("parameters", []) if part["in"] == "path"}
        assert placeholders == set(re.findall(r"{(\w+)}", path)), path
        takes_a_body = method in {"post", "patch", "put"} and not path.endswith("{delivery_id}/replay")
        assert takes_a_body == ("requestBody" in operation), (method, path)


async def test_every_reference_leads_somewhere(schema: dict[str, Any]) -> None:
    for reference in set(re.findall(r'"\$ref":\s*"([^"]+)"', json.dumps(schema))):
        at: Any = schema
        for part in reference.removeprefix("#/").split("/"):
            at = at[part.replace("~1", "/").replace("~0", "~")]
        assert at


async def test_every_route_of_the_api_is_described(schema: dict[str, Any], application: Litestar) -> None:
    described = {(method.upper(), re.sub(r"{\w+}", "{}", path)) for path, method, _ in operations(schema)}
    served = {
        (method, re.sub(r"{\w+:\w+}", "{}", route.path))
        for route in application.routes
        if isinstance(route, HTTPRoute) and route.path.startswith("/api/")
        for method in route.methods - {"OPTIONS"}
    }
    assert described == served


async def test_the_page_can_be_given_an_api_key(schema: dict[str, Any]) -> None:
    (name, scheme), *others = schema["components"]["securitySchemes"].items()
    assert others == []
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    assert schema["security"] == [{name: []}]


async def test_patterns_in_the_document_are_regular_expressions(schema: dict[str, Any]) -> None:
    for pattern in re.findall(r'"pattern": ("(?:[^"\\]|\\.)*")', json.dumps(schema)):
        re.compile(json.loads(pattern))
