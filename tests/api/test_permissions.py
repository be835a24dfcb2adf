"""Every guarded route, walked with every kind of key."""

import re
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from callscope.core.permissions import PERMISSIONS, Scope
from callscope.services.recent_keys import REMEMBERED_FOR
from tests.support.api import (
    NOW,
    ApiUnderTest,
    authorization,
    count_all_rows,
    make_key,
    make_read_key,
    minimal_call,
)

OPEN_ROUTES = {
    ("get", "/health"),
    ("get", "/v1/recordings/{recording_id}"),
    ("put", "/v1/integrations/chunks/{project_id}/{integration}/{chunk_index}"),
    ("put", "/v1/recording-upload/{upload_id}"),
    ("get", "/v1/me"),
}
PARAMETER = re.compile(r"\{\w+\}")


def guarded_routes(app: FastAPI) -> list[tuple[str, str, str]]:
    """Return method, path and permission of each operation the document shows."""
    return [
        (method, PARAMETER.sub(str(uuid4()), path), operation["x-permission"])
        for path, operations in app.openapi()["paths"].items()
        for method, operation in operations.items()
        if (method, path) not in OPEN_ROUTES
    ]


async def request(client: httpx.AsyncClient, method: str, path: str, headers: dict[str, str]) -> httpx.Response:
    body = minimal_call() if method in ("post", "put", "patch") else None
    return await client.request(method, path, headers=headers, json=body)


async def request_from(number: int, app: FastAPI, method: str, path: str) -> httpx.Response:
    """Ask without a key, from an address of its own: one address's failures are answered slower and slower."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False, client=(f"192.0.2.{number}", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://callscope.test") as stranger:
        return await request(stranger, method, path, {})


async def test_every_route_asks_for_a_key_and_its_permission(api: ApiUnderTest, client: httpx.AsyncClient) -> None:
    reader = authorization(await make_read_key(api.transactions))
    routes = guarded_routes(api.app)
    assert len(routes) >= 6
    for number, (method, path, permission) in enumerate(routes):
        assert (await request_from(number, api.app, method, path)).status_code == 401
        lacking = authorization(await make_key(api.transactions, permissions=sorted(PERMISSIONS - {permission})))
        refused = await request(client, method, path, lacking)
        assert refused.status_code == 403
        assert refused.json()["type"] == "forbidden"
        assert f"`{permission}`" in refused.json()["message"]
        assert ((await request(client, method, path, reader)).status_code == 403) is not permission.endswith(":read")
    assert (await count_all_rows(api.transactions))["call"] == 0


async def test_any_good_key_may_read_itself(api: ApiUnderTest, client: httpx.AsyncClient) -> None:
    assert (await client.get("/v1/me", headers={"authorization": ""})).status_code == 401
    least = authorization(await make_key(api.transactions, permissions=[], scope=Scope.READ))
    me = (await client.get("/v1/me", headers=least)).json()["data"]
    assert (me["scopes"], me["grantedPermissions"]) == (["READ"], [])


async def test_revoked_and_expired_keys_are_refused(api: ApiUnderTest, client: httpx.AsyncClient) -> None:
    expiring = authorization(await make_key(api.transactions, expires_at=NOW + timedelta(hours=1)))
    assert (await client.get("/v1/call", headers=expiring)).status_code == 200
    api.clock.moment = NOW + timedelta(hours=1)
    assert (await client.get("/v1/call", headers=expiring)).status_code == 401
    assert (await client.get("/v1/call")).status_code == 200
    async with api.transactions.begin() as session:
        await session.execute(text("UPDATE api_key SET revoked_at = now()"))
    api.clock.moment += REMEMBERED_FOR
    assert (await client.get("/v1/call")).status_code == 401


async def test_keys_are_stored_as_digests_and_their_use_is_noted(api: ApiUnderTest, client: httpx.AsyncClient) -> None:
    created = await make_key(api.transactions)
    await client.get("/v1/call", headers=authorization(created))
    async with api.transactions() as session:
        query = text("SELECT row_to_json(api_key)::text, last_used_at, prefix FROM api_key WHERE id = :id")
        row, last_used_at, prefix = (await session.execute(query, {"id": created.id})).one()
    assert created.plain_key not in row
    assert created.plain_key.startswith(prefix)
    assert len(prefix) < 16
    assert last_used_at == NOW


async def test_recordings_are_withheld_without_the_permission(api: ApiUnderTest, client: httpx.AsyncClient) -> None:
    call_id = (await client.post("/v1/call", json=minimal_call())).json()["data"]["id"]
    deaf = authorization(await make_key(api.transactions, permissions=["call:read"], scope=Scope.READ))

    async def access(headers: dict[str, str] | None = None) -> tuple[str, str | None]:
        data = (await client.get(f"/v1/call/{call_id}", headers=headers)).json()["data"]
        return data["recordingUrlAccess"], data["recordingUrl"]

    assert await access() == ("NOT_AVAILABLE", None)
    async with api.transactions.begin() as session:
        insert = """
            INSERT INTO recording
                (id, project_id, call_id, kind, object_key, sha256, size_bytes, content_type, fetched_at)
            SELECT gen_random_uuid(), project_id, id, 'main', 'key', 'digest', 1, 'audio/wav', now() FROM call
            RETURNING id
        """
        recording_id = (await session.execute(text(insert))).scalar_one()
    assert await access() == ("AVAILABLE", f"http://callscope.test/signed/{recording_id}")
    assert await access(deaf) == ("RESTRICTED", None)


@pytest.mark.parametrize("path", ["/openapi.json", "/docs", "/llms.txt"])
async def test_the_documentation_needs_no_key(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path, headers={"authorization": ""})).status_code == 200


async def test_the_document_describes_the_body_and_its_errors(api: ApiUnderTest) -> None:
    document = api.app.openapi()
    create = document["paths"]["/v1/call"]["post"]
    assert document["openapi"].startswith("3.1")
    assert create["requestBody"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/CallCreate"}
    assert {"TranscriptEntryInput", "AgentInput"} <= document["components"]["schemas"].keys()
    assert {"200", "201", "400", "401", "403", "404", "409", "413", "503"} <= create["responses"].keys()
    assert create["security"] == [{"apiKey": []}]
    assert "422" not in str(document)


async def test_every_answer_is_described(api: ApiUnderTest) -> None:
    paths = api.app.openapi()["paths"]
    for path, operations in paths.items():
        for method, operation in operations.items():
            for status, response in operation["responses"].items():
                assert response["description"] not in ("", "Successful Response", "Done."), (method, path, status)
    assert paths["/v1/call"]["get"]["responses"]["200"]["description"] == "A list. Each item: A call."


async def test_the_page_for_machines_names_every_route(api: ApiUnderTest, client: httpx.AsyncClient) -> None:
    page = (await client.get("/llms.txt")).text
    for path, operations in api.app.openapi()["paths"].items():
        for method in operations:
            assert f"- `{method.upper()} {path}`: " in page
    assert "- `POST /v1/call`: Take in a finished call." in page
    assert "Needs the permission `call:create`." in page


async def test_each_part_has_a_page_for_machines_that_stands_alone(
    api: ApiUnderTest, client: httpx.AsyncClient
) -> None:
    addresses = re.findall(r"\]\((/docs/[^)]+\.md)\)", (await client.get("/llms.txt")).text)
    pages = {address: await client.get(address) for address in addresses}
    assert {page.headers["content-type"].split(";")[0] for page in pages.values()} == {"text/markdown"}
    text_of_all = "".join(page.text for page in pages.values())
    for path, operations in api.app.openapi()["paths"].items():
        assert all(f"## `{method.upper()} {path}`" in text_of_all for method in operations)
    for page in pages.values():
        linked = set(re.findall(r"\[(\w+)\]\(#\w+\)", page.text))
        assert linked <= set(re.findall(r"^## (\w+)$", page.text, re.MULTILINE))
    assert (await client.get("/docs/none.md")).status_code == 404
