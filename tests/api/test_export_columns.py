"""Columns chosen for tables of calls: what stands in them, and what reading them costs."""

import csv
import io
from uuid import UUID

import httpx
import pytest
from arro3.core import DataType
from arro3.io import read_parquet
from sqlalchemy import event

from callscope.core.call import Role
from callscope.core.metric import MetricContext, MetricValue, ValueState
from callscope.services import call_figures
from callscope.services.export import ExportFormat
from callscope.services.export_choice import metric_columns
from callscope.services.export_columns import DOCUMENT
from callscope.services.imports import ImportOutcome
from callscope.services.metric_catalogue import system_metrics
from callscope.storage import measurements
from tests.api.test_export import FIXED_NAMES, NOW, documents_in, exported, full_call, imported
from tests.support.api import ApiUnderTest, make_key, minimal_call

CHOSEN = [
    "response",
    "tools",
    "analysis",
    "properties",
    "metric:response_time",
    "overtalk_ratio",
    "voicemail_detected",
    "call_outcome",
    "turn_count",
]
NAMES = [
    "response_time_p95_ms",
    "tools_failed_count",
    "tools_count",
    "analysis_status",
    "property.address",
    "property.is_trial",
    "property.note",
    "property.plan",
    "property.seats",
    "call_outcome",
    "response_time_ms.agent",
    "response_time_ms.customer",
    "overtalk_ratio",
    "turn_count",
    "voicemail_detected",
]


def value_of(slug: str, value: float | bool | str | None, role: Role | None = None) -> MetricValue:
    return MetricValue(
        slug=slug,
        version=1,
        role=role,
        context=MetricContext.CALL,
        state=ValueState.DATA_MISSING if value is None else ValueState.SUCCESS,
        value=value,
        confidence=1.0,
        reason="Measured.",
    )


@pytest.fixture
async def project_id(api: ApiUnderTest, client: httpx.AsyncClient) -> UUID:
    """A project with a call that has a value for nearly everything, and one that has nothing."""
    first = (await client.post("/v1/call", json=full_call(externalId="e1"))).json()["data"]
    await client.post("/v1/call", json=minimal_call(properties={"note": "=1+1", "seats": 2.5, "isTrial": True}))
    project_id, call_id = UUID(first["projectId"]), UUID(first["id"])
    values = [
        value_of("response_time", 300.5, Role.AGENT),
        value_of("response_time", 2000, Role.CUSTOMER),
        value_of("overtalk_ratio", 0.25),
        value_of("voicemail_detected", value=False),
        value_of("call_outcome", "-resolved"),
        value_of("turn_count", None),
    ]
    async with api.transactions.begin() as session:
        await measurements.save_values(session, project_id=project_id, call_id=call_id, values=values, at=NOW)
        await call_figures.refresh(session, project_id, call_id)
    return project_id


async def csv_rows(api: ApiUnderTest, project_id: UUID, chosen: list[str]) -> list[dict[str, str]]:
    content = await exported(api, project_id, ExportFormat.CSV, chosen=chosen)
    return list(csv.DictReader(io.StringIO(content.decode())))


async def test_csv_has_the_chosen_columns_behind_the_others(api: ApiUnderTest, project_id: UUID) -> None:
    full, bare = await csv_rows(api, project_id, CHOSEN)
    assert list(full) == [*FIXED_NAMES, *NAMES]
    assert {name: full[name] for name in NAMES} == {
        "response_time_p95_ms": "",
        "tools_failed_count": "0",
        "tools_count": "1",
        "analysis_status": "QUEUED",
        "property.address": '{"city": "Köln"}',
        "property.is_trial": "false",
        "property.note": "",
        "property.plan": "gold",
        "property.seats": "3",
        "call_outcome": "'-resolved",
        "response_time_ms.agent": "300.5",
        "response_time_ms.customer": "2000",
        "overtalk_ratio": "0.25",
        "turn_count": "",
        "voicemail_detected": "false",
    }
    assert (bare["property.note"], bare["property.is_trial"], bare["property.plan"]) == ("'=1+1", "true", "")
    assert {bare[name] for name in NAMES[9:]} == {""}


async def test_parquet_has_them_typed_and_null_where_there_is_nothing(api: ApiUnderTest, project_id: UUID) -> None:
    content = await exported(api, project_id, ExportFormat.PARQUET, chosen=CHOSEN)
    table = read_parquet(io.BytesIO(content)).read_all()
    assert table.column_names == [*FIXED_NAMES, *NAMES, DOCUMENT]
    types = {name: table.schema.field(name).type for name in NAMES}
    assert [name for name, type_ in types.items() if type_ == DataType.int64()] == NAMES[:3]
    assert [name for name, type_ in types.items() if type_ == DataType.bool()] == [
        "property.is_trial",
        "voicemail_detected",
    ]
    assert [name for name, type_ in types.items() if type_ == DataType.float64()] == ["property.seats", *NAMES[10:14]]
    assert {name: table[name].to_pylist() for name in NAMES if name != "analysis_status"} == {
        "response_time_p95_ms": [None, None],
        "tools_failed_count": [0, None],
        "tools_count": [1, None],
        "property.address": ['{"city": "Köln"}', None],
        "property.is_trial": [False, True],
        "property.note": [None, "=1+1"],
        "property.plan": ["gold", None],
        "property.seats": [3.0, 2.5],
        "call_outcome": ["-resolved", None],
        "response_time_ms.agent": [300.5, None],
        "response_time_ms.customer": [2000.0, None],
        "overtalk_ratio": [0.25, None],
        "turn_count": [None, None],
        "voicemail_detected": [False, None],
    }


async def test_a_table_with_chosen_columns_is_imported_as_any_other(api: ApiUnderTest, project_id: UUID) -> None:
    content = await exported(api, project_id, ExportFormat.PARQUET, chosen=CHOSEN)
    other = await make_key(api.transactions, project="elsewhere")
    assert await imported(api, other.project_id, documents_in(content)) == [ImportOutcome.ADDED] * 2
    again = await csv_rows(api, other.project_id, ["metric:response_time", "property.plan"])
    told = {(row["property.plan"], row["response_time_ms.agent"]) for row in again}
    assert told == {("gold", "300.5"), ("", "")}


async def test_json_lines_are_the_same_whatever_is_chosen(api: ApiUnderTest, project_id: UUID) -> None:
    lines = await exported(api, project_id, ExportFormat.JSONL)
    assert await exported(api, project_id, ExportFormat.JSONL, chosen=CHOSEN) == lines


async def test_chosen_columns_cost_statements_by_the_stretch_and_not_by_the_call(
    api: ApiUnderTest, project_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    statements: list[str] = []
    engine = api.transactions.kw["bind"].sync_engine
    event.listen(engine, "before_cursor_execute", lambda *told: statements.append(told[2]))
    further = {}
    for calls_per_read in (1, 2):
        monkeypatch.setattr("callscope.services.export.CALLS_PER_READ", calls_per_read)
        counts = []
        for chosen in ([], CHOSEN, [column.name for column in metric_columns(system_metrics().values())]):
            statements.clear()
            await exported(api, project_id, ExportFormat.CSV, chosen=chosen)
            counts.append(len(statements))
        further[calls_per_read] = (counts[1] - counts[0], counts[2] - counts[0])
    assert further == {1: (4, 0), 2: (2, 0)}
