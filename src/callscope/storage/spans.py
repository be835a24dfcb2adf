"""Spans: written many at a time, read by trace."""

import hashlib
import struct
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, LargeBinary, any_, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from callscope.core.trace import Span, SpanEvent, SpanKind, SpanLink, SpanOrigin, SpanOutlines, SpanStatus
from callscope.storage.base import Base, EmptyObject, ProjectId, array_of
from callscope.storage.engine import to_json
from callscope.storage.statements import execute_prepared

DIGEST_BYTES = 16


class SpanOriginRow(Base):
    """What spans of one trace share: resource and scope."""

    __tablename__ = "span_origin"
    __table_args__ = (
        Index(
            "ix_span_origin_resource_attributes",
            "resource_attributes",
            postgresql_using="gin",
            postgresql_ops={"resource_attributes": "jsonb_path_ops"},
        ),
    )

    project_id: Mapped[ProjectId] = mapped_column(primary_key=True)
    trace_id: Mapped[bytes] = mapped_column(primary_key=True)
    digest: Mapped[bytes] = mapped_column(primary_key=True)
    resource_attributes: Mapped[dict[str, Any]]
    resource_schema_url: Mapped[str]
    scope_name: Mapped[str]
    scope_version: Mapped[str]
    scope_attributes: Mapped[dict[str, Any]]
    scope_schema_url: Mapped[str]


class SpanRow(Base):
    """One span. `service` repeats its resource's `service.name`."""

    __tablename__ = "span"
    __table_args__ = (
        Index(None, "project_id", "name"),
        Index(
            "ix_span_attributes",
            "attributes",
            postgresql_using="gin",
            postgresql_ops={"attributes": "jsonb_path_ops"},
        ),
    )

    project_id: Mapped[ProjectId] = mapped_column(primary_key=True)
    trace_id: Mapped[bytes] = mapped_column(primary_key=True)
    span_id: Mapped[bytes] = mapped_column(primary_key=True)
    parent_span_id: Mapped[bytes | None]
    origin_digest: Mapped[bytes] = mapped_column(LargeBinary)
    service: Mapped[str]
    name: Mapped[str]
    kind: Mapped[str]
    status: Mapped[str]
    status_message: Mapped[str]
    start_unix_ns: Mapped[int] = mapped_column(BigInteger)
    end_unix_ns: Mapped[int] = mapped_column(BigInteger)
    attributes: Mapped[EmptyObject]
    events: Mapped[Any] = mapped_column(JSONB)
    links: Mapped[Any] = mapped_column(JSONB)
    trace_state: Mapped[str]
    flags: Mapped[int] = mapped_column(BigInteger)
    dropped_attribute_count: Mapped[int] = mapped_column(BigInteger)
    dropped_event_count: Mapped[int] = mapped_column(BigInteger)
    dropped_link_count: Mapped[int] = mapped_column(BigInteger)


SPAN_TYPES = {
    "trace_id": "bytea",
    "span_id": "bytea",
    "parent_span_id": "bytea",
    "origin_digest": "bytea",
    "service": "text",
    "name": "text",
    "kind": "text",
    "status": "text",
    "status_message": "text",
    "start_unix_ns": "bigint",
    "end_unix_ns": "bigint",
    "attributes": "jsonb",
    "events": "jsonb",
    "links": "jsonb",
    "trace_state": "text",
    "flags": "bigint",
    "dropped_attribute_count": "bigint",
    "dropped_event_count": "bigint",
    "dropped_link_count": "bigint",
}
ORIGIN_TYPES = {
    "trace_id": "bytea",
    "digest": "bytea",
    "resource_attributes": "jsonb",
    "resource_schema_url": "text",
    "scope_name": "text",
    "scope_version": "text",
    "scope_attributes": "jsonb",
    "scope_schema_url": "text",
}


def _insert(table: str, types: Mapping[str, str], conflict: str) -> str:
    # One array a column: one statement and one plan whatever the number of rows.
    arrays = ", ".join(f"%({name})s::{'text' if type_ == 'jsonb' else type_}[]" for name, type_ in types.items())
    values = ", ".join(f"{name}::jsonb" if type_ == "jsonb" else name for name, type_ in types.items())
    return (
        f"INSERT INTO {table} (project_id, {', '.join(types)}) "  # noqa: S608 - our own names
        f"SELECT %(project_id)s, {values} FROM unnest({arrays}) AS new ({', '.join(types)}) "
        f"ON CONFLICT {conflict}"
    )


_SPAN_KEY = "(project_id, trace_id, span_id)"
_RENEWED = ", ".join(f"{name} = excluded.{name}" for name in SPAN_TYPES if name not in ("trace_id", "span_id"))
_INSERT_SPANS = _insert("span", SPAN_TYPES, f"{_SPAN_KEY} DO NOTHING")
_REPLACE_SPANS = _insert("span", SPAN_TYPES, f"{_SPAN_KEY} DO UPDATE SET {_RENEWED}")
_INSERT_ORIGINS = _insert("span_origin", ORIGIN_TYPES, "DO NOTHING")

_SUMMARIZE = """
    INSERT INTO trace (
        project_id, trace_id, root_name, services, start_unix_ns, end_unix_ns, duration_ns, span_count, error_count,
        first_received_at, last_received_at, is_settled
    )
    SELECT
        project_id, trace_id, (array_agg(name ORDER BY start_unix_ns) FILTER (WHERE parent_span_id IS NULL))[1],
        array_agg(DISTINCT service), min(start_unix_ns), max(end_unix_ns), max(end_unix_ns) - min(start_unix_ns),
        count(*), count(*) FILTER (WHERE status = 'ERROR'), %(at)s, %(at)s, false
    FROM span
    WHERE project_id = %(project_id)s AND trace_id = ANY(%(trace_ids)s)
    GROUP BY project_id, trace_id
    ON CONFLICT (project_id, trace_id) DO UPDATE SET
        root_name = excluded.root_name, services = excluded.services, start_unix_ns = excluded.start_unix_ns,
        end_unix_ns = excluded.end_unix_ns, duration_ns = excluded.duration_ns, span_count = excluded.span_count,
        error_count = excluded.error_count, last_received_at = excluded.last_received_at,
        is_settled = false
"""


_SCOPES = """
    SELECT DISTINCT digest, scope_name FROM span_origin WHERE project_id = :project_id AND trace_id = ANY(:trace_ids)
"""
# One row whose columns are packed: thirty thousand rows take three times as long to become objects of Python's.
_OUTLINE = """
    WITH outline AS MATERIALIZED (
        SELECT
            array_position(CAST(:trace_ids AS bytea[]), trace_id) - 1 AS trace_place, span_id,
            coalesce(parent_span_id, '\\x0000000000000000') AS parent_span_id, start_unix_ns, end_unix_ns,
            status = 'ERROR' AS is_error, name,
            array_position(CAST(:digests AS bytea[]), origin_digest) - 1 AS scope_place,
            attributes ->> 'openinference.span.kind' AS openinference_kind,
            attributes ->> 'gen_ai.operation.name' AS gen_ai_operation,
            origin_digest <> ALL(CAST(:livekit_digests AS bytea[]))
                AND EXISTS (SELECT FROM jsonb_object_keys(attributes) AS key WHERE key LIKE 'lk.%') AS is_livekit
        FROM span
        WHERE project_id = :project_id AND trace_id = ANY(:trace_ids)
        ORDER BY start_unix_ns, end_unix_ns DESC, span_id
        LIMIT :limit
    )
    SELECT
        string_agg(int4send(trace_place), ''), string_agg(span_id, ''), string_agg(parent_span_id, ''),
        string_agg(int8send(start_unix_ns), ''), string_agg(int8send(end_unix_ns), ''),
        string_agg(boolsend(is_error), ''), array_agg(name), string_agg(int4send(scope_place), ''),
        array_agg(openinference_kind), array_agg(gen_ai_operation), string_agg(boolsend(is_livekit), '')
    FROM outline
    HAVING count(*) > 0
"""
LIVEKIT_SCOPE = "livekit-agents"
"""Its spans are known by their scope alone, whatever their attributes."""


async def insert(
    session: AsyncSession, project_id: UUID, spans: Sequence[Span], *, replaces: bool = False
) -> frozenset[str]:
    """Write spans and return the traces they are of. A span that is there already stays unless `replaces`."""
    # One statement must not meet the same row twice when it replaces; the first of equals counts, as it does otherwise.
    unique: dict[tuple[str, str], Span] = {}
    for span in spans:
        unique.setdefault((span.trace_id, span.span_id), span)
    digests: dict[int, bytes] = {}
    origins: dict[tuple[str, bytes], SpanOrigin] = {}
    columns: list[tuple[Any, ...]] = []
    for span in unique.values():
        digest = digests.get(id(span.origin)) or digests.setdefault(id(span.origin), _digest(span.origin))
        origins.setdefault((span.trace_id, digest), span.origin)
        columns.append(_span_columns(span, digest))
    rows = [_origin_columns(trace_id, digest, origin) for (trace_id, digest), origin in origins.items()]
    await _execute_many(session, _INSERT_ORIGINS, ORIGIN_TYPES, project_id, rows)
    await _execute_many(session, _REPLACE_SPANS if replaces else _INSERT_SPANS, SPAN_TYPES, project_id, columns)
    return frozenset(trace_id for trace_id, _ in unique)


async def summarize(session: AsyncSession, project_id: UUID, trace_ids: Iterable[str], *, at: datetime) -> None:
    """Bring what the list of traces says of these up to the spans that are there."""
    ids = [bytes.fromhex(trace_id) for trace_id in trace_ids]
    await execute_prepared(session, _SUMMARIZE, {"project_id": project_id, "trace_ids": ids, "at": at})


async def of_traces(
    session: AsyncSession, project_id: UUID, trace_ids: Sequence[str], *, limit: int
) -> tuple[Span, ...]:
    """Return the first `limit` spans of these traces by their start."""
    ids = array_of([bytes.fromhex(trace_id) for trace_id in trace_ids], bytes)
    origin_query = select(SpanOriginRow).where(
        SpanOriginRow.project_id == project_id, SpanOriginRow.trace_id == any_(ids)
    )
    origins = {(row.trace_id, row.digest): _to_origin(row) for row in await session.scalars(origin_query)}
    # Columns, not rows of the mapper: a trace may have thirty thousand spans.
    query = (
        select(*SpanRow.__table__.columns)
        .where(SpanRow.project_id == project_id, SpanRow.trace_id == any_(ids))
        .order_by(SpanRow.start_unix_ns, SpanRow.span_id)
        .limit(limit)
    )
    return tuple(_to_span(row, origins[row.trace_id, row.origin_digest]) for row in await session.execute(query))


async def get(session: AsyncSession, project_id: UUID, trace_id: str, span_id: str) -> Span | None:
    """Return one span, None when it has not come in."""
    row = await session.get(SpanRow, (project_id, bytes.fromhex(trace_id), bytes.fromhex(span_id)))
    if row is None:
        return None
    origin = await session.get(SpanOriginRow, (project_id, row.trace_id, row.origin_digest))
    return None if origin is None else _to_span(row, _to_origin(origin))


async def outline(session: AsyncSession, project_id: UUID, trace_ids: Sequence[str], *, limit: int) -> SpanOutlines:
    """Return what a drawing needs of the first `limit` spans of these traces, by their start, the longest first."""
    which = {"project_id": project_id, "trace_ids": [bytes.fromhex(trace_id) for trace_id in trace_ids]}
    scope_of = dict(tuple(row) for row in await session.execute(text(_SCOPES), which))
    livekit = [digest for digest, scope_name in scope_of.items() if scope_name == LIVEKIT_SCOPE]
    parameters = {**which, "digests": list(scope_of), "livekit_digests": livekit, "limit": limit}
    row = (await session.execute(text(_OUTLINE), parameters)).one_or_none()
    return SpanOutlines() if row is None else _to_outlines(row, list(scope_of.values()))


def _to_outlines(row: Any, scope_names: Sequence[str]) -> SpanOutlines:  # noqa: ANN401 - the row of _OUTLINE
    traces, span_ids, parents, starts, ends, errors, names, scopes, openinference, gen_ai, livekit = row
    return SpanOutlines(
        trace_places=_unpacked(traces, "i"),
        span_ids=span_ids,
        parent_span_ids=parents,
        starts_unix_ns=_unpacked(starts, "q"),
        ends_unix_ns=_unpacked(ends, "q"),
        are_errors=_unpacked(errors, "?"),
        names=names,
        scope_names=[scope_names[place] for place in _unpacked(scopes, "i")],
        openinference_kinds=openinference,
        gen_ai_operations=gen_ai,
        have_livekit_attributes=_unpacked(livekit, "?"),
    )


def _unpacked(packed: bytes, kind: str) -> tuple[Any, ...]:
    """Return numbers as PostgreSQL sends them one after another, of one of the kinds that `struct` names."""
    return struct.unpack(f"!{len(packed) // struct.calcsize(f'!{kind}')}{kind}", packed)


async def _execute_many(
    session: AsyncSession, sql: str, types: Mapping[str, str], project_id: UUID, rows: Sequence[tuple[Any, ...]]
) -> None:
    if rows:
        arrays = dict(zip(types, (list(column) for column in zip(*rows, strict=True)), strict=True))
        await execute_prepared(session, sql, {"project_id": project_id, **arrays})


def _digest(origin: SpanOrigin) -> bytes:
    parts = _origin_columns("", b"", origin)[2:]
    return hashlib.blake2b(to_json(parts).encode(), digest_size=DIGEST_BYTES).digest()


def _origin_columns(trace_id: str, digest: bytes, origin: SpanOrigin) -> tuple[Any, ...]:
    return (
        bytes.fromhex(trace_id),
        digest,
        to_json(dict(origin.resource_attributes)),
        origin.resource_schema_url,
        origin.scope_name,
        origin.scope_version,
        to_json(dict(origin.scope_attributes)),
        origin.scope_schema_url,
    )


def _span_columns(span: Span, digest: bytes) -> tuple[Any, ...]:
    return (
        bytes.fromhex(span.trace_id),
        bytes.fromhex(span.span_id),
        None if span.parent_span_id is None else bytes.fromhex(span.parent_span_id),
        digest,
        span.origin.service_name,
        span.name,
        span.kind.value,
        span.status.value,
        span.status_message,
        span.start_unix_ns,
        span.end_unix_ns,
        to_json(span.attributes),
        to_json([_event_document(event) for event in span.events]),
        to_json([_link_document(link) for link in span.links]),
        span.trace_state,
        span.flags,
        span.dropped_attribute_count,
        span.dropped_event_count,
        span.dropped_link_count,
    )


def _event_document(event: SpanEvent) -> dict[str, Any]:
    return {
        "name": event.name,
        "at_unix_ns": event.at_unix_ns,
        "attributes": dict(event.attributes),
        "dropped_attribute_count": event.dropped_attribute_count,
    }


def _link_document(link: SpanLink) -> dict[str, Any]:
    return {
        "trace_id": link.trace_id,
        "span_id": link.span_id,
        "trace_state": link.trace_state,
        "attributes": dict(link.attributes),
        "dropped_attribute_count": link.dropped_attribute_count,
    }


def _to_origin(row: SpanOriginRow) -> SpanOrigin:
    return SpanOrigin(
        resource_attributes=row.resource_attributes,
        resource_schema_url=row.resource_schema_url,
        scope_name=row.scope_name,
        scope_version=row.scope_version,
        scope_attributes=row.scope_attributes,
        scope_schema_url=row.scope_schema_url,
    )


def _to_span(row: Any, origin: SpanOrigin) -> Span:  # noqa: ANN401 - a row of all columns of SpanRow
    return Span(
        trace_id=row.trace_id.hex(),
        span_id=row.span_id.hex(),
        parent_span_id=None if row.parent_span_id is None else row.parent_span_id.hex(),
        name=row.name,
        kind=SpanKind(row.kind),
        status=SpanStatus(row.status),
        status_message=row.status_message,
        start_unix_ns=row.start_unix_ns,
        end_unix_ns=row.end_unix_ns,
        attributes=row.attributes,
        origin=origin,
        events=tuple(SpanEvent(**event) for event in row.events),
        links=tuple(SpanLink(**link) for link in row.links),
        trace_state=row.trace_state,
        flags=row.flags,
        dropped_attribute_count=row.dropped_attribute_count,
        dropped_event_count=row.dropped_event_count,
        dropped_link_count=row.dropped_link_count,
    )
