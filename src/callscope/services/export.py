"""Calls out of a project, as many as a query finds: JSON Lines, CSV or Parquet, read and written in stretches."""

import asyncio
import csv
import io
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import IO, TYPE_CHECKING
from uuid import UUID

from anyio import CancelScope
from anyio.lowlevel import checkpoint_if_cancelled

from callscope.core.call import Call
from callscope.core.call_figures import Worst
from callscope.core.call_query import CallQuery
from callscope.services import analyses, call_figures
from callscope.services.call_documents import read_documents
from callscope.services.export_columns import (
    ANALYSIS_CHOICE,
    DOCUMENT,
    FIGURE_CHOICES,
    FIXED,
    CellValue,
    ColumnType,
    ExportColumn,
    ExportedCall,
    whole_call_values,
)
from callscope.storage import call_list, worst_calls
from callscope.storage.engine import Session, SessionFactory

if TYPE_CHECKING:
    from arro3.core import Array, DataType, RecordBatch, Schema

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


async def export_calls(
    reads: SessionFactory,
    project_id: UUID,
    query: CallQuery,
    form: ExportFormat,
    *,
    columns: Sequence[ExportColumn] = FIXED,
    worst: Worst | None = None,
    on_progress: Progress | None = None,
) -> AsyncIterator[bytes]:
    """Yield a file of every call the query finds, in its order; its limit and place do not matter.

    CSV and Parquet have the `columns`; JSON Lines holds everything, whatever they are. With `worst` the file has those
    that have the fault, the worst first, whatever the query's order. Memory stays that of a few hundred calls. Parquet,
    whose index stands at its end, is written to a temporary file first. Calls that come in meanwhile may or may not be
    in it.
    """
    is_table = form is not ExportFormat.JSONL
    calls = _read_calls(reads, project_id, query, worst, on_progress, columns=columns if is_table else ())
    if form is ExportFormat.PARQUET:
        with tempfile.TemporaryFile() as file:
            await _write_parquet(calls, columns, file)
            file.seek(0)
            while chunk := await asyncio.to_thread(file.read, CHUNK_BYTES):
                yield chunk
        return
    if form is ExportFormat.CSV:
        yield _csv_lines([[column.name for column in columns]])
    async for some in calls:
        if form is ExportFormat.CSV:
            yield _csv_lines([[_cell(column.read(call), column.type) for column in columns] for call in some])
        else:
            yield "".join(f"{call.document.to_json()}\n" for call in some).encode()


async def _read_calls(
    reads: SessionFactory,
    project_id: UUID,
    query: CallQuery,
    worst: Worst | None,
    on_progress: Progress | None,
    *,
    columns: Sequence[ExportColumn],
) -> AsyncIterator[list[ExportedCall]]:
    stretch, count = replace(query, after=None, limit=CALLS_PER_READ), 0
    while True:
        # Whoever takes the file may leave at any time, and a statement cut short costs its connection.
        await checkpoint_if_cancelled()
        with CancelScope(shield=True):
            async with reads() as session:
                if worst is None:
                    found, next_cursor = await call_list.read_stretch(session, project_id, stretch)
                else:
                    found, next_cursor = await worst_calls.read_stretch(session, project_id, stretch, worst)
                read = await _exported(session, project_id, found, columns)
        count += len(read)
        if on_progress is not None:
            on_progress(count)
        if read:
            yield read
        if next_cursor is None:
            return
        stretch = replace(stretch, after=next_cursor)


async def _exported(
    session: Session, project_id: UUID, found: tuple[Call, ...], columns: Sequence[ExportColumn]
) -> list[ExportedCall]:
    """Return calls with what the columns read of them beside their documents."""
    ids, choices = [call.id for call in found], {column.choice for column in columns}
    documents = await read_documents(session, project_id, found)
    figures = await call_figures.of_calls(session, project_id, ids) if choices & FIGURE_CHOICES else {}
    states = await analyses.latest_of_calls(session, project_id, ids) if ANALYSIS_CHOICE in choices else {}
    return [
        ExportedCall(
            document=document,
            values=whole_call_values(document) if columns else {},
            figures=figures.get(document.id),
            analysis=states.get(document.id),
        )
        for document in documents
    ]


def _cell(value: CellValue, type_: ColumnType) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat()
    text = str(value).lower() if isinstance(value, bool) else str(value)
    # A spreadsheet would compute what somebody wrote into a title; an apostrophe makes it text.
    return f"'{text}" if type_ is ColumnType.TEXT and text.startswith(FORMULA_STARTS) else text


def _csv_lines(rows: list[list[str]]) -> bytes:
    lines = io.StringIO()
    csv.writer(lines).writerows(rows)
    return lines.getvalue().encode()


async def _write_parquet(
    calls: AsyncIterator[list[ExportedCall]], columns: Sequence[ExportColumn], file: IO[bytes]
) -> None:
    # 12 MB of native code that only exports need.
    from arro3.core import RecordBatchReader  # noqa: PLC0415
    from arro3.io import write_parquet  # noqa: PLC0415

    loop, schema = asyncio.get_running_loop(), _schema(columns)

    def batches() -> Iterator["RecordBatch"]:
        while (some := asyncio.run_coroutine_threadsafe(_next(calls), loop).result()) is not None:
            yield _batch(some, columns, schema)

    def write() -> None:
        reader = RecordBatchReader.from_batches(schema, batches())
        write_parquet(reader, file, compression="zstd(3)", max_row_group_size=CALLS_PER_READ * 5)

    await asyncio.to_thread(write)


async def _next(calls: AsyncIterator[list[ExportedCall]]) -> list[ExportedCall] | None:
    return await anext(calls, None)


def _schema(columns: Sequence[ExportColumn]) -> "Schema":
    from arro3.core import DataType, Field, Schema  # noqa: PLC0415

    fields = [Field(column.name, _data_type(column.type), nullable=True) for column in columns]
    return Schema([*fields, Field(DOCUMENT, DataType.utf8(), nullable=False)])


def _batch(calls: list[ExportedCall], columns: Sequence[ExportColumn], schema: "Schema") -> "RecordBatch":
    from arro3.core import Array, DataType, RecordBatch  # noqa: PLC0415

    arrays = [_array([column.read(call) for call in calls], column.type) for column in columns]
    documents = Array([call.document.to_json() for call in calls], DataType.utf8())
    return RecordBatch.from_arrays([*arrays, documents], schema=schema)


def _data_type(type_: ColumnType) -> "DataType":
    from arro3.core import DataType  # noqa: PLC0415

    match type_:
        case ColumnType.TEXT:
            return DataType.utf8()
        case ColumnType.INTEGER:
            return DataType.int64()
        case ColumnType.NUMBER:
            return DataType.float64()
        case ColumnType.BOOLEAN:
            return DataType.bool()
        case ColumnType.TIME:
            return DataType.timestamp("us", tz="UTC")


def _array(values: list[CellValue], type_: ColumnType) -> "Array":
    from arro3.core import Array, DataType  # noqa: PLC0415

    if type_ is ColumnType.TIME:
        microseconds = [
            round(value.timestamp() * 1_000_000) if isinstance(value, datetime) else None for value in values
        ]
        return Array(microseconds, DataType.int64()).cast(_data_type(type_))
    if type_ is ColumnType.NUMBER:
        values = [float(value) if isinstance(value, int | float) else None for value in values]
    return Array(values, _data_type(type_))
