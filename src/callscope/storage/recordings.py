"""Recordings: where a call's audio is to be fetched from, and where its bytes lie once they are."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, UniqueConstraint, any_, exists, select, text, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from callscope.core.recording import Finding, FindingSeverity, Recording, RecordingFile, RecordingKind
from callscope.storage.base import Base, CallId, Id, ProjectId, array_of
from callscope.storage.calls import CallRow
from callscope.storage.project_rules import ProjectRulesRow

_FILE_FIELDS = tuple(field.name for field in fields(RecordingFile))


class RecordingRow(Base):
    """One fetched recording of one call."""

    __tablename__ = "recording"
    __table_args__ = (UniqueConstraint("call_id", "kind"), Index(None, "project_id"))

    id: Mapped[Id]
    project_id: Mapped[ProjectId]
    call_id: Mapped[CallId]
    kind: Mapped[str]
    object_key: Mapped[str]
    sha256: Mapped[str]
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    content_type: Mapped[str]
    fetched_at: Mapped[datetime]
    findings: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'::jsonb"))
    is_withheld: Mapped[bool] = mapped_column(server_default=text("false"))
    original: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))


async def sources_of_call(session: AsyncSession, call_id: UUID) -> Mapping[RecordingKind, str]:
    """Return the URLs the sender gave for a call's recordings. They may carry signatures: never log them."""
    row = await session.get(CallRow, call_id)
    if row is None or row.deleted_at is not None:
        return {}
    urls = {RecordingKind.MAIN: row.recording_url, RecordingKind.STEREO: row.stereo_recording_url}
    return {kind: url for kind, url in urls.items() if url is not None}


async def save(session: AsyncSession, recording: Recording) -> None:
    """Write a fetched recording, over what an earlier fetch of the same file wrote."""
    values = asdict(recording) | {"kind": recording.kind.value, "findings": [asdict(one) for one in recording.findings]}
    renewed = {name: value for name, value in values.items() if name not in ("id", "project_id", "call_id", "kind")}
    statement = insert(RecordingRow).values(**values)
    await session.execute(statement.on_conflict_do_update(index_elements=["call_id", "kind"], set_=renewed))


async def publish(session: AsyncSession, recording_id: UUID, masked: RecordingFile | None) -> None:
    """Let a recording be played: as it is, or as `masked` in place of what becomes its original."""
    row = await session.get(RecordingRow, recording_id, with_for_update=True, populate_existing=True)
    if row is None:
        return
    row.is_withheld = False
    if masked is not None:
        row.original = row.original or {name: getattr(row, name) for name in _FILE_FIELDS}
        for name in _FILE_FIELDS:
            setattr(row, name, getattr(masked, name))
    await session.flush()


async def unwanted_originals(session: AsyncSession, *, limit: int) -> dict[UUID, str]:
    """Return the object keys of originals that their projects do not want kept, by recording."""
    is_wanted = exists().where(
        ProjectRulesRow.project_id == RecordingRow.project_id, ProjectRulesRow.keeps_original_recordings
    )
    query = select(RecordingRow.id, RecordingRow.original).where(RecordingRow.original.is_not(None), ~is_wanted)
    return {row.id: row.original["object_key"] for row in await session.execute(query.limit(limit))}


async def forget_originals(session: AsyncSession, recording_ids: Collection[UUID]) -> None:
    """Note that the originals of these recordings are gone."""
    statement = update(RecordingRow).where(RecordingRow.id == any_(array_of(recording_ids, UUID)))
    await session.execute(statement.values(original=None).execution_options(synchronize_session=False))


async def of_call(session: AsyncSession, *, project_id: UUID, call_id: UUID) -> tuple[Recording, ...]:
    """Return the fetched recordings of a call, the main one first."""
    query = (
        select(RecordingRow)
        .where(RecordingRow.project_id == project_id, RecordingRow.call_id == call_id)
        .order_by(RecordingRow.kind)
    )
    return tuple(_to_recording(row) for row in (await session.execute(query)).scalars())


async def of_calls(session: AsyncSession, call_ids: Sequence[UUID]) -> dict[UUID, tuple[Recording, ...]]:
    """Return the fetched recordings of these calls. The ids must have been scoped to a project."""
    query = select(RecordingRow).where(RecordingRow.call_id == any_(array_of(call_ids, UUID)))
    found: dict[UUID, tuple[Recording, ...]] = dict.fromkeys(call_ids, ())
    for row in (await session.execute(query.order_by(RecordingRow.kind))).scalars():
        found[row.call_id] += (_to_recording(row),)
    return found


async def read(session: AsyncSession, recording_id: UUID) -> Recording | None:
    """Return one recording, None when it is gone or its call is deleted."""
    query = (
        select(RecordingRow)
        .join(CallRow, CallRow.id == RecordingRow.call_id)
        .where(RecordingRow.id == recording_id, CallRow.deleted_at.is_(None))
    )
    row = (await session.execute(query)).scalar_one_or_none()
    return None if row is None else _to_recording(row)


def _to_recording(row: RecordingRow) -> Recording:
    return Recording(
        id=row.id,
        project_id=row.project_id,
        call_id=row.call_id,
        kind=RecordingKind(row.kind),
        object_key=row.object_key,
        sha256=row.sha256,
        size_bytes=row.size_bytes,
        content_type=row.content_type,
        fetched_at=row.fetched_at,
        findings=tuple(
            Finding(**{**finding, "severity": FindingSeverity(finding["severity"])}) for finding in row.findings
        ),
        is_withheld=row.is_withheld,
        original=None if row.original is None else RecordingFile(**row.original),
    )
