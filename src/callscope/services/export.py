"""Calls out of a project, as many as a query finds: JSON Lines, CSV or Parquet, read and written in stretches."""

import asyncio
import csv
import io
import json
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from enum import StrEnum
from typing import IO, TYPE_CHECKING, Any
from uuid import UUID

from callscope.core.call_figures import Worst
from callscope.core.call_query import CallQuery
from callscope.services.call_documents import CallDocument, read_documents
from callscope.storage import call_list, worst_calls
from callscope.storage.engine import SessionFactory

if TYPE_CHECKING:
    from arro3.core import RecordBatch, Schema

CALLS_PER_READ = 200
CHUNK_BYTES = 1024 * 1024
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for a formula when a cell begins with it."""

Progress = Callable[[int], None]
"""Told how many calls were read so far."""


class ExportFormat(StrEnum):
    """How calls are written. JSONL and Parquet hold everything and can be imported; CSV is for spreadsheets."""

    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"

    @property
    def media_type(self) -> str:
        """What HTTP calls it."""
        return MEDIA_TYPES[self]


MEDIA_TYPES = {
    ExportFormat.JSONL: "application/x-ndjson",
    ExportFormat.CSV: "text/csv; charset=utf-8",
    ExportFormat.PARQUET: "application/vnd.apache.parquet",
}
COLUMNS = {
    "id": "text",
    "external_id": "text",
    "started_at": "time",
    "ended_at": "time",
    "duration_ms": "integer",
    "status": "text",
    "ended_status": "text",
    "call_direction": "text",
    "interface_type": "text",
    "source": "text",
    "agents": "text",
    "customers": "text",
    "title": "text",
    "summary": "text",
    "properties": "text",
    "created_at": "time",
    "updated_at": "time",
}
"""The columns of CSV and Parquet; several agents or customers are separated by semicolons, properties are JSON."""
DOCUMENT = "document"
"""The column of Parquet that holds the whole call as JSON."""


async def export_calls(
    reads: SessionFactory,
    project_id: UUID,
    query: CallQuery,
    form: ExportFormat,
    *,
    worst: Worst | None = None,
    on_progress: Progress | None = None,
) -> AsyncIterator[bytes]:
    """Yield a file of every call the query finds, in its order; its limit and place do not matter.

    With `worst` it holds those that have the fault, the worst first, whatever the query's order.
    Memory stays that of a few hundred calls. Parquet, whose index stands at its end, is written to a temporary file
    first. Calls that come in meanwhile may or may not be in it.
    """
    documents = _documents(reads, project_id, query, worst, on_progress)
    if form is ExportFormat.PARQUET:
        with tempfile.TemporaryFile() as file:
            await _write_parquet(documents, file)
            file.seek(0)
            while chunk := await asyncio.to_thread(file.read, CHUNK_BYTES):
                yield chunk
        return
    if form is ExportFormat.CSV:
        yield _csv_lines([list(COLUMNS)])
    async for some in documents:
        if form is ExportFormat.CSV:
            yield _csv_lines([_cells(document) for document in some])
        else:
            yield "".join(f"{document.to_json()}\n" for document in some).encode()


async def _documents(
    reads: SessionFactory, project_id: UUID, query: CallQuery, worst: Worst | None, on_progress: Progress | None
) -> AsyncIterator[list[CallDocument]]:
    stretch, count = replace(query, after=None, limit=CALLS_PER_READ), 0
    while True:
        async with reads() as session:
            if worst is None:
                found, next_cursor = await call_list.read_stretch(session, project_id, stretch)
            else:
                found, next_cursor = await worst_calls.read_stretch(session, project_id, stretch, worst)
            documents = await read_documents(session, project_id, found)
        count += len(documents)
        if on_progress is not None:
            on_progress(count)
        if documents:
            yield documents
        if next_cursor is None:
            return
        stretch = replace(stretch, after=next_cursor)


def row_of(document: CallDocument) -> dict[str, Any]:
    """Return the values of `COLUMNS`."""
    plain = document.model_dump(include=set(COLUMNS) - {"id", "agents", "customers", "properties"})
    return {
        **plain,
        "id": str(document.id),
        "agents": "; ".join(agent.name for agent in document.agents),
        "customers": "; ".join(each.phone_number_e164 or each.label or "" for each in document.customers),
        "properties": json.dumps(document.properties, ensure_ascii=False),
    }


def _cells(document: CallDocument) -> list[str]:
    row = row_of(document)
    return [_cell(row[name], kind) for name, kind in COLUMNS.items()]


def _cell(value: Any, kind: str) -> str:  # noqa: ANN401 - of its column
    if value is None:
        return ""
    if kind == "time":
        return str(value.isoformat())
    text = str(value)
    # A spreadsheet would compute what somebody wrote into a title; an apostrophe makes it text.
    return f"'{text}" if kind == "text" and text.startswith(FORMULA_STARTS) else text


def _csv_lines(rows: list[list[str]]) -> bytes:
    lines = io.StringIO()
    csv.writer(lines).writerows(rows)
    return lines.getvalue().encode()


async def _write_parquet(documents: AsyncIterator[list[CallDocument]], file: IO[bytes]) -> None:
    # 12 MB of native code that only exports need.
    from arro3.core import RecordBatchReader  # noqa: PLC0415
    from arro3.io import write_parquet  # noqa: PLC0415

    loop, schema = asyncio.get_running_loop(), _schema()

    def batches() -> Iterator["RecordBatch"]:
        while (some := asyncio.run_coroutine_threadsafe(_next(documents), loop).result()) is not None:
            yield _batch(some, schema)

    def write() -> None:
        reader = RecordBatchReader.from_batches(schema, batches())
        write_parquet(reader, file, compression="zstd(3)", max_row_group_size=CALLS_PER_READ * 5)

    await asyncio.to_thread(write)


async def _next(documents: AsyncIterator[list[CallDocument]]) -> list[CallDocument] | None:
    return await anext(documents, None)


def _schema() -> "Schema":
    from arro3.core import DataType, Field, Schema  # noqa: PLC0415

    types = {"text": DataType.utf8(), "integer": DataType.int64(), "time": DataType.timestamp("us", tz="UTC")}
    fields = [Field(name, types[kind], nullable=True) for name, kind in COLUMNS.items()]
    return Schema([*fields, Field(DOCUMENT, DataType.utf8(), nullable=False)])


def _batch(documents: list[CallDocument], schema: "Schema") -> "RecordBatch":
    from arro3.core import Array, DataType, RecordBatch  # noqa: PLC0415

    rows = [row_of(document) | {DOCUMENT: document.to_json()} for document in documents]
    arrays = []
    for name, kind in [*COLUMNS.items(), (DOCUMENT, "text")]:
        values = [row[name] for row in rows]
        if kind == "time":
            microseconds = [None if value is None else round(value.timestamp() * 1_000_000) for value in values]
            arrays.append(Array(microseconds, DataType.int64()).cast(DataType.timestamp("us", tz="UTC")))
        else:
            arrays.append(Array(values, DataType.int64() if kind == "integer" else DataType.utf8()))
    return RecordBatch.from_arrays(arrays, schema=schema)
