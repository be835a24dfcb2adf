"""Transcripts as senders give them and as readers get them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

from callscope.core.call import Call, CallAgent, CallCustomer, Role
from callscope.core.errors import CallNotFound, Issue, PathPart
from callscope.core.ids import new_id
from callscope.core.new_call import AgentMention, CustomerMention, NewTranscriptEntry
from callscope.core.transcript import (
    BROUGHT,
    READ_PREFERENCE,
    HeardEntry,
    MarkedPiece,
    Transcript,
    TranscriptComparison,
    TranscriptEntry,
    TranscriptOutline,
    TranscriptSource,
)
from callscope.core.words import words_in
from callscope.services import redaction
from callscope.speech.word_marks import mark_entries
from callscope.storage import call_words, calls, transcript_comparisons, transcripts

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

SHORTEST_TURN_MS = 100
"""The shortest run of speech there is (also the detector's minimum). A shorter turn is one whose end was not known."""

ParticipantT = TypeVar("ParticipantT", CallAgent, CallCustomer)


async def read_transcript(
    session: "AsyncSession", project_id: UUID, call_id: UUID, source: TranscriptSource | None = None
) -> Transcript | None:
    """Return the call's transcript of `source`, or of the best source there is; None when there is none.

    Raises CallNotFound.
    """
    found = await _find(session, project_id, call_id, READ_PREFERENCE if source is None else (source,))
    return None if found is None else await transcripts.read(session, found[0], found[1])


async def read_brought(session: "AsyncSession", project_id: UUID, call_id: UUID) -> Transcript | None:
    """Return the transcript that came with the call, None when none did. Raises CallNotFound."""
    found = await _find(session, project_id, call_id, BROUGHT)
    return None if found is None else await transcripts.read(session, found[0], found[1])


async def read_all(session: "AsyncSession", project_id: UUID, call_id: UUID) -> tuple[Transcript, ...]:
    """Return every transcript of a call. Raises CallNotFound."""
    if not await calls.exists_visible(session, project_id, call_id):
        raise CallNotFound(f"There is no call {call_id} in this project.", param="callId")
    found = await transcripts.sources_of(session, call_id)
    return tuple([await transcripts.read(session, transcript_id, source) for source, transcript_id in found.items()])


async def keep_heard(
    session: "AsyncSession", call_id: UUID, transcript: Transcript, heard: Sequence[HeardEntry]
) -> None:
    """Write where in the recording the entries of a stored transcript are spoken, over what was written before."""
    span_of = {one.entry_id: (one.start_ms, one.end_ms) for one in heard}
    spans = {position: span_of.get(entry.id) for position, entry in enumerate(transcript.entries)}
    transcript_id = (await transcripts.sources_of(session, call_id)).get(transcript.source)
    if transcript_id is not None:
        await transcripts.save_heard(session, transcript_id=transcript_id, spans=spans)


async def keep_recognized(session: "AsyncSession", call: Call, entries: Sequence[TranscriptEntry]) -> None:
    """Make `entries` what was recognised from the call's recording, each of the only participant of its role."""
    only = {
        Role.AGENT: call.agents[0].participant_id if len(call.agents) == 1 else None,
        Role.CUSTOMER: call.customers[0].id if len(call.customers) == 1 else None,
    }
    ordered = sorted(entries, key=lambda entry: (entry.start_offset_ms, entry.role))
    attributed = tuple(replace(entry, participant_id=only[entry.role]) for entry in ordered)
    masked = redaction.masked_entries(attributed, await redaction.kinds_of(session, call.project_id))
    transcript = Transcript(source=TranscriptSource.ROARK_POST_CALL, entries=masked)
    await transcripts.save(session, call_id=call.id, transcript=transcript)
    await call_words.refresh(session, call.id)


async def keep_comparison(
    session: "AsyncSession", call: Call, comparison: TranscriptComparison | None, *, at: datetime
) -> None:
    """Make `comparison` the one of the call's two transcripts; None when it has not two any more."""
    await transcript_comparisons.save(
        session, project_id=call.project_id, call_id=call.id, comparison=comparison, at=at
    )


async def read_comparison(session: "AsyncSession", project_id: UUID, call_id: UUID) -> TranscriptComparison | None:
    """Return how the words the call brought differ from those recognised, None when it has not both."""
    return await transcript_comparisons.read(session, project_id=project_id, call_id=call_id)


async def read_marks(
    session: "AsyncSession", project_id: UUID, call_id: UUID
) -> Mapping[UUID, tuple[MarkedPiece, ...]]:
    """Return the entries of the best transcript with the words marked that differ from the call's other transcript.

    Nothing when there is none, or when what was compared is not what is stored any more. Raises CallNotFound.
    """
    comparison = await read_comparison(session, project_id, call_id)
    shown = None if comparison is None else await read_transcript(session, project_id, call_id)
    if comparison is None or shown is None:
        return {}
    return mark_entries(shown.entries, shown.source, comparison)


async def read_outline(
    session: "AsyncSession", project_id: UUID, call_id: UUID, *, entries_per_part: int
) -> TranscriptOutline | None:
    """Return the best transcript without its words, None when there is none. Raises CallNotFound."""
    found = await _find(session, project_id, call_id)
    if found is None:
        return None
    return await transcripts.outline(session, found[0], found[1], entries_per_part=entries_per_part)


async def read_entries(
    session: "AsyncSession", project_id: UUID, call_id: UUID, *, first: int, count: int
) -> tuple[TranscriptEntry, ...]:
    """Return up to `count` entries of the best transcript from position `first` on. Raises CallNotFound."""
    found = await _find(session, project_id, call_id)
    return () if found is None else await transcripts.read_entries(session, found[0], first=first, count=count)


async def first_hits(
    session: "AsyncSession", call_ids: Collection[UUID], search_text: str
) -> dict[UUID, TranscriptEntry]:
    """Return, of each call that has one, the first entry with a word of the text. The ids must belong to a project."""
    words = dict.fromkeys(words_in(search_text))
    return await transcripts.first_hits(session, call_ids, words) if words and call_ids else {}


async def _find(
    session: "AsyncSession",
    project_id: UUID,
    call_id: UUID,
    wanted: Sequence[TranscriptSource] = READ_PREFERENCE,
) -> tuple[UUID, TranscriptSource] | None:
    """Return id and source of the transcript of the first `wanted` source there is."""
    if not await calls.exists_visible(session, project_id, call_id):
        raise CallNotFound(f"There is no call {call_id} in this project.", param="callId")
    available = await transcripts.sources_of(session, call_id)
    best = next((candidate for candidate in wanted if candidate in available), None)
    return None if best is None else (available[best], best)


def attribute(
    entries: Sequence[NewTranscriptEntry],
    agents: Sequence[CallAgent],
    customers: Sequence[CallCustomer],
    issues: list[Issue],
) -> tuple[TranscriptEntry, ...]:
    """Return the entries in call order, each with its participant and a plausible end.

    An entry that names nobody belongs to the only participant of its role. One that names somebody the call does not
    have, or several, is added to `issues`.
    """
    only_agent = agents[0].participant_id if len(agents) == 1 else None
    only_customer = customers[0].id if len(customers) == 1 else None
    attributed = []
    for index, entry in enumerate(entries):
        match entry.speaker:
            case AgentMention():
                agent = match_agent(entry.speaker, agents, ("transcript", index, "agent"), issues)
                participant_id = None if agent is None else agent.participant_id
            case CustomerMention():
                participant_id = _match_customer(entry.speaker, customers, ("transcript", index, "customer"), issues)
            case None:
                participant_id = only_agent if entry.role is Role.AGENT else only_customer
        attributed.append(
            TranscriptEntry(
                id=new_id(),
                role=entry.role,
                participant_id=participant_id,
                text=entry.text,
                start_offset_ms=entry.start_offset_ms,
                end_offset_ms=entry.end_offset_ms,
                language_code=entry.language_code,
                payload=entry.payload,
                masked=entry.masked,
            )
        )
    return stretch(sorted(attributed, key=lambda entry: entry.start_offset_ms))


def stretch(entries: Sequence[TranscriptEntry]) -> tuple[TranscriptEntry, ...]:
    """Extend implausibly short turns to the start of the next turn; the last one, and one that is overtaken, stay."""
    stretched = list(entries)
    next_start_ms: int | None = None
    for index in range(len(entries) - 1, -1, -1):
        entry = entries[index]
        following = entries[index + 1] if index + 1 < len(entries) else None
        if following is not None and following.start_offset_ms > entry.start_offset_ms:
            next_start_ms = following.start_offset_ms
        is_too_short = entry.end_offset_ms - entry.start_offset_ms < SHORTEST_TURN_MS
        if is_too_short and next_start_ms is not None and next_start_ms > entry.end_offset_ms:
            stretched[index] = replace(entry, end_offset_ms=next_start_ms)
    return tuple(stretched)


def match_agent(
    mention: AgentMention, agents: Sequence[CallAgent], path: tuple[PathPart, ...], issues: list[Issue]
) -> CallAgent | None:
    """Return the agent that is meant; when it is not exactly one, add an issue at `path` and return None."""
    matching = [
        agent
        for agent in agents
        if mention.agent_id in (None, agent.id) and mention.custom_id in (None, agent.custom_id)
    ]
    return _only(matching, "agent", path, issues)


def _match_customer(
    mention: CustomerMention, customers: Sequence[CallCustomer], path: tuple[PathPart, ...], issues: list[Issue]
) -> UUID | None:
    matching = [
        customer
        for customer in customers
        if mention.label in (None, customer.label) and mention.phone_number_e164 in (None, customer.phone_number_e164)
    ]
    customer = _only(matching, "customer", path, issues)
    return None if customer is None else customer.id


def _only(
    matching: Sequence[ParticipantT], noun: str, path: tuple[PathPart, ...], issues: list[Issue]
) -> ParticipantT | None:
    if len(matching) == 1:
        return matching[0]
    found = "more than one" if matching else "none"
    message = f"This {noun} matches {found} of the call's {noun}s. Name one of them by the values sent there."
    issues.append(Issue(path=path, code=f"unknown_{noun}", message=message))
    return None
