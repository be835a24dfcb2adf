import asyncio
import csv
import io
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
from anyio import CancelScope
from arro3.io import read_parquet
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from callscope.core.call import Role
from callscope.core.call_query import CallQuery, CallSort
from callscope.core.errors import InvalidInput
from callscope.core.metric import EvidenceSpan, MetricContext, MetricValue, ValueState
from callscope.services.call_documents import CallDocument, parse_document
from callscope.services.export import ExportFormat, export_calls
from callscope.services.export_choice import choose_columns, read_columns
from callscope.services.export_columns import DOCUMENT, FIXED
from callscope.services.imports import ImportOutcome, import_call
from callscope.storage import measurements, projects
from tests.support.api import ApiUnderTest, authorization, make_key, minimal_call

NOW = datetime(2026, 3, 1, tzinfo=UTC)
FIXED_NAMES = [column.name for column in FIXED]
ANY = CallQuery(sort_by=CallSort.CREATED_AT, is_descending=False)


def value_of(slug: str, number: float) -> MetricValue:
    return MetricValue(
        slug=slug,
        version=1,
        role=Role.AGENT,
        context=MetricContext.CALL,
        state=ValueState.SUCCESS,
        value=number,
        confidence=1.0,
        reason="Measured.",
        segments=(),
        evidence=(EvidenceSpan(start_offset_ms=1, end_offset_ms=2, role=Role.AGENT, reason="There."),),
        statistics={"count": 3},
        method="by hand",
    )


def full_call(**further: Any) -> dict[str, Any]:
    return minimal_call(
        agents=[
            {
                "name": "Desk",
                "customId": "a1",
                "endpoint": {"type": "phone", "value": "+14155550100"},
                "prompt": {"resolvedPrompt": "Be kind."},
            },
            {"name": "Back office"},
        ],
        customer={"phoneNumberE164": "+14155550142", "label": "caller"},
        transcript=[
            {
                "role": "AGENT",
                "text": "Grüße",
                "startOffsetMs": 0,
                "endOffsetMs": 900,
                "agent": {"customId": "a1"},
                "languageCode": "de",
                "payload": {"a": [1]},
            },
            {"role": "CUSTOMER", "text": "=1+1", "startOffsetMs": 1000, "endOffsetMs": 1900},
        ],
        toolInvocations=[
            {
                "name": "pay",
                "parameters": {"sum": {"type": "number", "value": 3, "description": "euros"}},
                "result": {"ok": True},
                "startOffsetMs": 5,
                "endOffsetMs": 9,
                "agent": {"customId": "a1"},
            }
        ],
        properties={"plan": "gold", "seats": 3, "isTrial": False, "address": {"city": "Köln"}},
        endedStatus="AGENT_ENDED_CALL",
        **further,
    )


async def exported(
    api: ApiUnderTest, project_id: UUID, form: ExportFormat, query: CallQuery = ANY, *, chosen: Sequence[str] = ()
) -> bytes:
    counts: list[int] = []
    async with api.transactions() as session:
        columns = choose_columns(chosen, await read_columns(session, project_id))
    chunks = export_calls(api.transactions, project_id, query, form, columns=columns, on_progress=counts.append)
    content = b"".join([chunk async for chunk in chunks])
    assert counts == sorted(counts)
    return content


async def imported(api: ApiUnderTest, project_id: UUID, lines: Sequence[str | bytes]) -> list[ImportOutcome]:
    outcomes = []
    for line in lines:
        async with api.transactions.begin() as session:
            document = parse_document(line)
            outcomes.append(await import_call(session, project_id, document, analyzes_anew=False, now=NOW))
    return outcomes


async def reads_of(client: httpx.AsyncClient, headers: dict[str, str]) -> list[dict[str, Any]]:
    """Return every read of every call, without the ids that each project gives anew.

    Calls made at the same moment are listed in the order of their ids, which is another in each project. Whether a
    sentiment is still to come follows from the analysis under way, which is not carried over.
    """
    listed = (await client.get("/v1/call?sortDirection=asc", headers=headers)).json()["data"]
    found = []
    for call in listed:
        parts = {
            part: (await client.get(f"/v1/call/{call['id']}/{part}", headers=headers)).json()["data"]
            for part in ("transcript", "metrics?status=all", "cost", "sentiment-run")
        }
        del parts["sentiment-run"]["status"]
        found.append(without_ids({"call": call, **parts}))
    return sorted(found, key=json.dumps)


def without_ids(read: Any) -> Any:
    if isinstance(read, dict):
        return {name: without_ids(value) for name, value in read.items() if not name.lower().endswith("id")}
    return [without_ids(each) for each in read] if isinstance(read, list) else read


@pytest.fixture
async def project_id(api: ApiUnderTest, client: httpx.AsyncClient) -> UUID:
    """A project with two calls, the first measured."""
    first = (await client.post("/v1/call", json=full_call(externalId="e1"))).json()["data"]
    await client.post("/v1/call", json=minimal_call())
    async with api.transactions.begin() as session:
        await measurements.save_values(
            session,
            project_id=UUID(first["projectId"]),
            call_id=UUID(first["id"]),
            values=[value_of("response_time", 300.5), value_of("overtalk_ratio", 0.25)],
            at=NOW,
        )
    return UUID(first["projectId"])


@pytest.mark.parametrize("form", [ExportFormat.JSONL, ExportFormat.PARQUET])
async def test_what_is_exported_and_imported_elsewhere_reads_the_same(
    api: ApiUnderTest,
    client: httpx.AsyncClient,
    project_id: UUID,
    form: ExportFormat,
) -> None:
    content = await exported(api, project_id, form)
    lines = content.splitlines() if form is ExportFormat.JSONL else documents_in(content)
    other = await make_key(api.transactions, project="elsewhere")
    assert await imported(api, other.project_id, lines) == [ImportOutcome.ADDED] * 2
    assert await reads_of(client, authorization(other)) == await reads_of(client, {})
    found = (await client.get("/v1/call?searchText=gruss", headers=authorization(other))).json()
    assert found["pagination"]["total"] == 1

    assert await imported(api, other.project_id, lines) == [ImportOutcome.PRESENT] * 2
    assert await imported(api, project_id, lines) == [ImportOutcome.PRESENT] * 2
    again = await exported(api, other.project_id, ExportFormat.JSONL)
    assert documents_of(again.splitlines()) == documents_of(lines)


def documents_of(lines: Sequence[str | bytes]) -> list[Any]:
    return sorted((without_ids(json.loads(line)) for line in lines), key=json.dumps)


def documents_in(parquet: bytes) -> list[str]:
    table = read_parquet(io.BytesIO(parquet)).read_all()
    return [str(value) for value in table[DOCUMENT].to_pylist()]


async def test_parquet_has_typed_columns(api: ApiUnderTest, project_id: UUID) -> None:
    table = read_parquet(io.BytesIO(await exported(api, project_id, ExportFormat.PARQUET))).read_all()
    assert table.column_names == [*FIXED_NAMES, DOCUMENT]
    assert table["external_id"].to_pylist() == ["e1", None]
    assert table["started_at"].to_pylist() == [datetime(2026, 1, 31, 9, 30, tzinfo=UTC)] * 2
    assert table["agents"].to_pylist() == ["Desk; Back office", ""]


async def test_csv_opens_in_a_spreadsheet_as_text(
    api: ApiUnderTest,
    client: httpx.AsyncClient,
    project_id: UUID,
) -> None:
    await client.post("/v1/call", json=minimal_call(agent={"name": '=HYPERLINK("x")'}))
    rows = list(csv.DictReader(io.StringIO((await exported(api, project_id, ExportFormat.CSV)).decode())))
    assert [row["agents"] for row in rows] == ["Desk; Back office", "", '\'=HYPERLINK("x")']
    assert rows[0]["customers"] == "'+14155550142"
    assert json.loads(rows[0]["properties"]) == {
        "plan": "gold",
        "seats": 3,
        "is_trial": False,
        "address": {"city": "Köln"},
    }


async def test_only_what_is_asked_for_is_exported_however_many_there_are(
    api: ApiUnderTest,
    client: httpx.AsyncClient,
    project_id: UUID,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("callscope.services.export.CALLS_PER_READ", 2)
    for number in range(5):
        await client.post("/v1/call", json=minimal_call(externalId=f"n{number}"))
    names = [
        json.loads(line)["externalId"] for line in (await exported(api, project_id, ExportFormat.JSONL)).splitlines()
    ]
    assert names == ["e1", None, "n0", "n1", "n2", "n3", "n4"]
    one = await exported(api, project_id, ExportFormat.JSONL, replace(ANY, external_id="n3"))
    assert [json.loads(line)["externalId"] for line in one.splitlines()] == ["n3"]
    assert await exported(api, project_id, ExportFormat.JSONL, replace(ANY, external_id="none")) == b""


async def test_who_leaves_a_file_half_way_costs_no_connection(
    api: ApiUnderTest, project_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("callscope.services.export.CALLS_PER_READ", 1)
    leaving, reading, may_read = CancelScope(), asyncio.Event(), asyncio.Event()
    pids: list[int] = []

    async def slow_read(session: AsyncSession, *_: object) -> list[CallDocument]:
        pids.append(await session.scalar(text("SELECT pg_backend_pid()")))
        reading.set()
        await may_read.wait()
        pids.append(await session.scalar(text("SELECT pg_backend_pid()")))
        return []

    async def take() -> None:
        with leaving:
            await exported(api, project_id, ExportFormat.JSONL)

    monkeypatch.setattr("callscope.services.export._exported", slow_read)
    taking = asyncio.create_task(take())
    await reading.wait()
    leaving.cancel()
    await asyncio.sleep(0)
    may_read.set()
    await taking

    assert leaving.cancelled_caught
    async with api.transactions() as session:
        pids.append(await session.scalar(text("SELECT pg_backend_pid()")))
    assert len(pids) == 3
    assert len(set(pids)) == 1


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"format": "callscope.call/9"}, ("format",)),
        ({"durationMs": -1}, ("durationMs",)),
        ({"agents": [{"name": "a"}]}, ("agents", 0, "customId")),
        ({"surprise": 1}, ("surprise",)),
    ],
)
async def test_a_bad_document_says_what_is_wrong(
    api: ApiUnderTest,
    project_id: UUID,
    change: dict[str, Any],
    path: tuple[str | int, ...],
) -> None:
    line = json.loads((await exported(api, project_id, ExportFormat.JSONL)).splitlines()[0]) | change
    with pytest.raises(InvalidInput) as error:
        parse_document(json.dumps(line))
    assert error.value.issues[0].path == path


async def test_a_participant_that_is_not_there_is_refused(api: ApiUnderTest, project_id: UUID) -> None:
    line = json.loads((await exported(api, project_id, ExportFormat.JSONL)).splitlines()[0])
    line["transcripts"][0]["entries"][0]["participant"] = 2
    async with api.transactions.begin() as session:
        elsewhere = await projects.find_or_create(session, "elsewhere")
    with pytest.raises(InvalidInput, match="none at 2"):
        await imported(api, elsewhere, [json.dumps(line)])
