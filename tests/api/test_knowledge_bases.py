"""Documents that metrics hold calls against: kept, listed, changed, deleted, named by policies."""

import base64
import hashlib
from typing import Any

import httpx

from callscope.core.permissions import Scope
from tests.support.api import ApiUnderTest, authorization, make_key
from tests.support.pdf_files import pdf_of, picture_pdf

PATH = "/v1/knowledge-base"
TEXT = {"name": "Returns", "sourceType": "TEXT", "content": "Refunds are possible within 30 days."}
UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"


def a_file(data: bytes, mime_type: str, **further: Any) -> dict[str, Any]:
    content = base64.b64encode(data).decode()
    return {"name": "File", "sourceType": "FILE", "filename": "f", "mimeType": mime_type, "contentBase64": content} | (
        further
    )


async def make(client: httpx.AsyncClient, body: dict[str, Any]) -> dict[str, Any]:
    made = await client.post(PATH, json=body)
    assert made.status_code == 201, made.text
    return dict(made.json()["data"])


async def test_a_text_is_kept_and_its_words_are_not_given_out(client: httpx.AsyncClient) -> None:
    made = await make(client, {**TEXT, "description": "For the desk."})
    read = (await client.get(f"{PATH}/{made['id']}")).json()["data"]
    assert read == made
    assert {name: made[name] for name in ("name", "description", "sourceType", "status", "byteSize")} == {
        "name": "Returns",
        "description": "For the desk.",
        "sourceType": "TEXT",
        "status": "READY",
        "byteSize": len(TEXT["content"]),
    }
    assert made["contentHash"] == hashlib.sha256(TEXT["content"].encode()).hexdigest()
    assert (made["originalFilename"], made["mimeType"], made["errorMessage"]) == (None, None, None)
    assert "30 days" not in str(read)


KINDS = (
    {"name": "J", "sourceType": "JSON", "content": '{"refunds": {"days": 30}, "half": "\\ud83d"}'},
    a_file("Größe: 30 Tage".encode(), "text/plain", filename="größe.txt", name="plain"),
    a_file(b"# Refunds\n\n30 days", "text/markdown", name="markdown"),
    a_file(pdf_of(["Refunds within 30 days."]), "application/pdf", filename="returns.pdf"),
)


async def test_every_kind_of_document_is_taken(client: httpx.AsyncClient) -> None:
    for body in KINDS:
        made = await make(client, body)
        assert (made["originalFilename"], made["mimeType"]) == (body.get("filename"), body.get("mimeType"))


REFUSED: tuple[tuple[dict[str, Any], str, str], ...] = (
    ({"content": None}, "content", "required"),
    ({"content": " \n— "}, "content", "no words"),
    ({"sourceType": "JSON"}, "content", "not JSON"),
    ({"sourceType": "JSON", "content": "[" * 100_000}, "content", "not JSON"),
    ({"sourceType": "URL"}, "sourceType", "TEXT"),
    ({"name": "n" * 121}, "name", "120"),
    ({"description": "d" * 501}, "description", "500"),
    ({"content": "a" * (10 * 1024 * 1024 + 1)}, "content", "at most"),
    (a_file(b"x", "image/png"), "mimeType", "application/pdf"),
    (a_file(b"x", "text/plain", filename=None), "filename", "required"),
    (a_file(b"x", "text/plain", mimeType=None), "mimeType", "required"),
    (a_file(b"", "text/plain"), "contentBase64", "no words"),
    (a_file(b"\xff\xfe\x00", "text/plain"), "contentBase64", "UTF-8"),
    (a_file(b"a\0b", "text/plain"), "contentBase64", "NUL"),
    (a_file(b"x", "text/plain", contentBase64="%%"), "contentBase64", "base64"),
    (a_file(picture_pdf(), "application/pdf"), "contentBase64", "only images"),
)


async def test_what_cannot_be_used_is_refused_by_its_field(client: httpx.AsyncClient) -> None:
    for change, field, words in REFUSED:
        refused = await client.post(PATH, json={**TEXT, **change})
        issue = refused.json()["error"]["issues"][0]
        assert (refused.status_code, issue["path"]) == (400, [field]), words
        assert words in issue["message"]
    assert (await client.get(PATH)).json()["pagination"]["total"] == 0


async def test_names_are_unique_in_a_project(client: httpx.AsyncClient, api: ApiUnderTest) -> None:
    first = await make(client, TEXT)
    second = await make(client, {**TEXT, "name": "Other"})
    again = await client.post(PATH, json=TEXT)
    renamed = await client.put(f"{PATH}/{second['id']}", json={"name": "Returns"})
    kept = await client.put(f"{PATH}/{first['id']}", json={"name": "Returns", "description": "Same name."})
    elsewhere = authorization(await make_key(api.transactions, project="other"))
    assert (again.status_code, again.json()["code"]) == (409, "duplicate_name")
    assert renamed.status_code == 409
    assert kept.json()["data"]["description"] == "Same name."
    assert (await client.post(PATH, json=TEXT, headers=elsewhere)).status_code == 201
    assert (await client.get(f"{PATH}/{first['id']}", headers=elsewhere)).status_code == 404


async def test_documents_are_listed_newest_first_and_searched(client: httpx.AsyncClient) -> None:
    await make(client, {**TEXT, "name": "50% off"})
    await make(client, {**TEXT, "name": "Menu", "description": "What is OFF the menu"})
    await make(client, a_file(b"a file", "text/plain"))

    async def names(**query: str) -> list[str]:
        return [each["name"] for each in (await client.get(PATH, params=query)).json()["data"]]

    assert await names() == ["File", "Menu", "50% off"]
    assert await names(searchText="off") == ["Menu", "50% off"]
    assert await names(searchText="%") == ["50% off"]
    assert await names(sourceType="FILE") == ["File"]
    first = (await client.get(PATH, params={"limit": 2})).json()
    assert (first["pagination"]["hasMore"], first["pagination"]["total"]) == (True, 3)
    assert await names(after=first["pagination"]["nextCursor"]) == ["50% off"]
    assert (await client.get(PATH, params={"searchText": "a\0"})).status_code == 400


async def test_content_is_replaced_as_a_whole(client: httpx.AsyncClient) -> None:
    made = await make(client, a_file(b"a file", "text/plain"))
    address = f"{PATH}/{made['id']}"
    nameless = await client.put(address, json={"content": "Other words."})
    replaced = (await client.put(address, json={"sourceType": "TEXT", "content": "Other words."})).json()["data"]
    assert nameless.json()["param"] == "sourceType"
    assert (replaced["sourceType"], replaced["originalFilename"], replaced["mimeType"]) == ("TEXT", None, None)
    assert replaced["contentHash"] == hashlib.sha256(b"Other words.").hexdigest()
    assert replaced["updatedAt"] > made["updatedAt"]
    assert (await client.put(f"{PATH}/{UNKNOWN_ID}", json={"name": "x"})).status_code == 404


async def test_a_document_that_a_policy_names_stays(client: httpx.AsyncClient) -> None:
    made = await make(client, TEXT)
    setting = {"knowledgeBaseDocumentIds": [made["id"]]}
    body = {"name": "Held", "modality": "call", "metrics": [{"id": "knowledge_missed_answer", "settings": setting}]}
    policy = (await client.post("/v1/metric/policies", json=body)).json()["data"]
    refused = await client.delete(f"{PATH}/{made['id']}")
    assert (refused.status_code, refused.json()["code"]) == (409, "knowledge_base_in_use")
    assert "'Held'" in refused.json()["message"]
    await client.delete(f"/v1/metric/policies/{policy['id']}")
    deleted = await client.delete(f"{PATH}/{made['id']}")
    assert deleted.json()["data"] == {"id": made["id"], "deleted": True}
    assert (await client.delete(f"{PATH}/{made['id']}")).status_code == 404


async def test_a_policy_names_documents_that_are_there(client: httpx.AsyncClient) -> None:
    cases = (([UNKNOWN_ID], "no knowledge base"), (["x"], "no knowledge base"), (["x"] * 21, "at most 20"))
    for ids, words in cases:
        setting = {"knowledgeBaseDocumentIds": ids}
        body = {"name": "P", "modality": "call", "metrics": [{"id": "knowledge_missed_answer", "settings": setting}]}
        refused = (await client.post("/v1/metric/policies", json=body)).json()
        assert refused["error"]["issues"][0]["path"] == ["metrics", 0, "settings", "knowledgeBaseDocumentIds"]
        assert words in refused["message"]


async def test_a_reading_key_reads_only(client: httpx.AsyncClient, api: ApiUnderTest) -> None:
    made = await make(client, TEXT)
    reader = authorization(await make_key(api.transactions, scope=Scope.READ))
    assert (await client.get(f"{PATH}/{made['id']}", headers=reader)).status_code == 200
    for method, address in (("POST", PATH), ("PUT", f"{PATH}/{made['id']}"), ("DELETE", f"{PATH}/{made['id']}")):
        assert (await client.request(method, address, json=TEXT, headers=reader)).status_code == 403
