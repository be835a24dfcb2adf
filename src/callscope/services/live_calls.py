"""Calls as other systems send them while they run: opened, filled in, ended, and closed when their end never comes.

Whatever the order in which messages come in and however often, there is one call, and nothing of it twice.
"""

import hashlib
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from callscope.core.call import Call, CallAgent, CallCustomer, CallStatus
from callscope.core.errors import DuplicateExternalId, InvalidInput, Issue
from callscope.core.ids import new_id
from callscope.core.integration import CallNews, CallPhase, Integration, StoredSound
from callscope.core.new_call import NewCallAgent, ReceivedRequest
from callscope.core.recording import Recording, RecordingKind
from callscope.core.transcript import Transcript, TranscriptSource
from callscope.services import (
    agents,
    analyses,
    call_properties,
    calls,
    ingest,
    live_hearing,
    recordings,
    redaction,
    transcripts,
)
from callscope.storage import (
    call_words,
    directory,
    live_calls,
    notifications,
    running_calls,
    tools,
)
from callscope.storage import transcripts as stored_transcripts
from callscope.storage.live_calls import LiveCall
from callscope.traces.matching import keys_of_call

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

SWEPT_PER_TRANSACTION = 50
SENDING_CHUNKS = frozenset((Integration.PIPECAT, Integration.LIVEKIT_SDK))


async def take(
    session: "AsyncSession", integration: Integration, project_id: UUID, news: CallNews, *, now: datetime
) -> tuple[UUID, tuple[str, ...]]:
    """Bring the call to where the news says it is; return its id, and notes on what could not be used.

    Others' news of the call wait meanwhile. Raises CallNotFound when the call was deleted.
    """
    await live_calls.hold(session, project_id, integration, news.call_ref)
    live = await live_calls.find(session, project_id, integration, news.call_ref)
    if live is None:
        live = await _open(session, integration, project_id, news, now=now)
    call = await calls.get_call(session, project_id, live.call_id)
    await _complete_parties(session, call, news)
    await _write_identity(session, call, live, news, now=now)
    call = await calls.get_call(session, project_id, live.call_id)
    has_new_words = await _write_words(session, call, live, news)
    notes = news.notes + await _write_properties(session, call, news, now=now)
    has_new_recording = await _write_recordings(session, call, news)
    if news.phase in (CallPhase.ENDED, CallPhase.EXPLAINED):
        await _end(session, call, live, news, is_more=has_new_words or has_new_recording, now=now)
    await live_calls.touch(session, live.id, at=now)
    await notifications.tell(session, project_id, call.id)
    return call.id, notes


async def take_finished(
    session: "AsyncSession",
    integration: Integration,
    project_id: UUID,
    news: CallNews,
    *,
    may_exist: bool,
    now: datetime,
) -> UUID:
    """Store a finished call and return its id, or with `may_exist` that of the one that was sent before.

    Raises DuplicateExternalId, and InvalidInput for properties that are not the project's. The transaction must then
    be rolled back.
    """
    await live_calls.hold(session, project_id, integration, news.call_ref)
    known = await running_calls.find_by_external_id(session, project_id, [news.call_ref])
    if news.call_ref in known:
        if not may_exist:
            raise DuplicateExternalId
        return known[news.call_ref]
    call_id, _ = await take(session, integration, project_id, replace(news, properties={}), now=now)
    await call_properties.change_properties(session, project_id, call_id, news.properties, now=now)
    return call_id


async def sweep(session: "AsyncSession", *, silent_since: datetime, now: datetime) -> int:
    """Close calls of which nothing came in since a moment, with what there is of them; return how many, at most some.

    One whose end comes in after all is ended anew.
    """
    silent = await live_calls.silent_since(session, silent_since, limit=SWEPT_PER_TRANSACTION)
    for live in silent:
        await live_calls.mark_swept(session, live.id, at=now)
        await running_calls.set_status(session, live.call_id, CallStatus.ENDED, ended_status=None, at=now)
        await analyses.begin(session, live.project_id, live.call_id, at=now)
        await notifications.tell(session, live.project_id, live.call_id)
    return len(silent)


async def _open(
    session: "AsyncSession", integration: Integration, project_id: UUID, news: CallNews, *, now: datetime
) -> LiveCall:
    """Make the call, or find the one that was sent otherwise under the same external id."""
    known = await running_calls.find_by_external_id(session, project_id, [news.call_ref])
    call_id = known.get(news.call_ref)
    if call_id is None or await live_calls.of_call(session, call_id) is not None:
        call = _to_call(integration, project_id, news, external_id=None if call_id else news.call_ref, now=now)
        await running_calls.insert_running(session, call)
        call_id = call.id
        if integration in SENDING_CHUNKS and news.phase is CallPhase.STARTED:
            await live_hearing.queue(session, project_id, call_id, at=now)
    return await live_calls.add(
        session, project_id=project_id, integration=integration, call_ref=news.call_ref, call_id=call_id, at=now
    )


def _to_call(
    integration: Integration, project_id: UUID, news: CallNews, *, external_id: str | None, now: datetime
) -> Call:
    return Call(
        id=new_id(),
        project_id=project_id,
        status=CallStatus.IN_PROGRESS,
        direction=news.direction,
        interface_type=news.interface_type,
        started_at=news.started_at or news.at,
        ended_at=None,
        duration_ms=None,
        ended_status=None,
        title=None,
        summary=None,
        external_id=external_id,
        vapi_call_id=news.vapi_call_id,
        livekit_room_id=news.livekit_room_id,
        source=integration.source,
        agents=(),
        customers=(_to_customer(news),),
        properties={},
        created_at=now,
        updated_at=now,
    )


def _to_customer(news: CallNews) -> CallCustomer:
    return CallCustomer(id=new_id(), phone_number_e164=news.customer.phone_number_e164, label=news.customer.label)


async def _complete_parties(session: "AsyncSession", call: Call, news: CallNews) -> None:
    if news.agent is not None and not call.agents:
        found = await _resolve(session, call.project_id, news.agent, news.call_ref)
        await running_calls.add_agents(session, call.id, found)
    if not call.customers:
        await running_calls.add_customers(session, call.id, [_to_customer(news)])


async def _resolve(
    session: "AsyncSession", project_id: UUID, agent: NewCallAgent, call_ref: str
) -> tuple[CallAgent, ...]:
    """Return the agent, made when missing, with its endpoint and prompt."""
    digest = hashlib.sha256(call_ref.encode()).digest()
    request = ReceivedRequest(api_key_id=None, body=b"", body_digest=digest, unknown_fields=())
    names = agents.names_in([agent], property_names=[])

    async def look_up() -> directory.Known:
        return await directory.look_up(session, project_id, names, external_id=None, request=request)

    known = await look_up()
    if await agents.make_missing(session, project_id, [agent], known):
        known = await look_up()
    if await agents.make_missing_parts(session, project_id, [agent], known):
        known = await look_up()
    return agents.resolve([agent], known)


async def _write_identity(
    session: "AsyncSession", call: Call, live: LiveCall, news: CallNews, *, now: datetime
) -> None:
    """Write when the call was and by what it is known. Its end tells better when it began than its start does."""
    if live.ended_at is None:
        started_at, ended_at = news.started_at or call.started_at, news.ended_at
        lasted = None if ended_at is None else ended_at - started_at
        await running_calls.set_times(
            session,
            call.id,
            started_at=started_at,
            ended_at=ended_at,
            duration_ms=None if lasted is None else max(0, round(lasted.total_seconds() * 1000)),
            at=now,
        )
    await running_calls.set_identity(
        session,
        call.id,
        direction=news.direction,
        vapi_call_id=news.vapi_call_id,
        livekit_room_id=news.livekit_room_id,
    )
    if news.summary is not None:
        kinds = await redaction.kinds_of(session, call.project_id)
        await running_calls.set_summary(session, call.id, redaction.masked_text(news.summary, kinds))


async def _write_words(session: "AsyncSession", call: Call, live: LiveCall, news: CallNews) -> bool:
    """Write transcript and tools; once the call has ended only where there are none. Return whether any were."""
    is_open = live.ended_at is None
    issues: list[Issue] = []
    kinds = await redaction.kinds_of(session, call.project_id)
    brought = await transcripts.read_brought(session, call.project_id, call.id)
    has_words = bool(news.transcript) and (is_open or brought is None)
    if has_words:
        said = redaction.masked_entries(news.transcript, kinds)
        entries = transcripts.attribute(said, call.agents, call.customers, issues)
        transcript = Transcript(source=TranscriptSource.CUSTOMER_AGENT_REALTIME, entries=entries)
        await stored_transcripts.save(session, call_id=call.id, transcript=transcript)
        await call_words.refresh(session, call.id)
    has_tools = bool(news.tools) and (is_open or await tools.count_of_call(session, call.id) == 0)
    if has_tools:
        used = redaction.masked_tools(news.tools, kinds)
        await tools.replace(session, call.id, ingest.to_tools(used, call.agents, issues))
    return has_words or has_tools


async def _write_properties(session: "AsyncSession", call: Call, news: CallNews, *, now: datetime) -> tuple[str, ...]:
    """Write properties; return a note on each that the project has as another type."""
    notes: list[str] = []
    for name, value in news.properties.items():
        try:
            await call_properties.change_properties(session, call.project_id, call.id, {name: value}, now=now)
        except InvalidInput as error:
            notes.append(error.message)
    if news.properties:
        changed = await calls.get_call(session, call.project_id, call.id)
        await running_calls.add_keys(session, call.project_id, call.id, keys_of_call(changed))
    else:
        await running_calls.add_keys(session, call.project_id, call.id, keys_of_call(call))
    return tuple(notes)


async def _write_recordings(session: "AsyncSession", call: Call, news: CallNews) -> bool:
    """Write where recordings are, unless that is known; return whether it was news."""
    known = await recordings.sources(session, call.id)
    sent = {RecordingKind.MAIN: news.recording_url, RecordingKind.STEREO: news.stereo_recording_url}
    if news.sound is not None and not await recordings.of_call(session, call.project_id, call.id):
        await recordings.keep(session, _to_recording(call, news.sound, now=news.at))
        return True
    merged = {kind: known.get(kind) or url for kind, url in sent.items()}
    if merged == {kind: known.get(kind) for kind in sent}:
        return False
    await running_calls.set_recordings(
        session,
        call.id,
        recording_url=merged[RecordingKind.MAIN],
        stereo_recording_url=merged[RecordingKind.STEREO],
    )
    return True


def _to_recording(call: Call, sound: StoredSound, *, now: datetime) -> Recording:
    return Recording(
        id=new_id(),
        project_id=call.project_id,
        call_id=call.id,
        kind=RecordingKind.MAIN,
        object_key=sound.object_key,
        sha256=sound.sha256,
        size_bytes=sound.size_bytes,
        content_type=sound.content_type,
        fetched_at=now,
    )


async def _end(
    session: "AsyncSession", call: Call, live: LiveCall, news: CallNews, *, is_more: bool, now: datetime
) -> None:
    """End the call and have it analysed; anew when more of it came in after its end."""
    if live.ended_at is None:
        await live_calls.mark_ended(session, live.id, at=now, pcm=news.pcm)
        await running_calls.set_status(session, call.id, CallStatus.ENDED, ended_status=news.ended_status, at=now)
    elif not is_more:
        return
    await analyses.cancel(session, project_id=call.project_id, call_ids=[call.id], at=now)
    await analyses.begin(session, call.project_id, call.id, at=now)
