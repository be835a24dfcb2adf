"""Masking: in a project that wants it, what comes in is masked before it is stored, so that nothing shows it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from callscope.core.new_call import NewCall, NewToolInvocation, NewTranscriptEntry, ReceivedRequest
from callscope.core.project_rules import RedactionClass
from callscope.core.transcript import TranscriptEntry
from callscope.redaction.detect import Found, find, mask
from callscope.services.word_masking import WORDS, masked_words, shares_in
from callscope.storage import project_rules

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

Kinds = frozenset[RedactionClass]
EntryT = TypeVar("EntryT", NewTranscriptEntry, TranscriptEntry)
CONTEXT_ENTRIES = 2


def masked_call(new: NewCall, kinds: Kinds) -> NewCall:
    """Return a call with transcript, tool invocations and text properties masked."""
    if not kinds:
        return new
    return replace(
        new,
        transcript=None if new.transcript is None else masked_entries(new.transcript, kinds),
        tools=masked_tools(new.tools, kinds),
        properties={name: masked_value(value, kinds) for name, value in new.properties.items()},
    )


def masked_request(request: ReceivedRequest, kinds: Kinds) -> ReceivedRequest:
    """Return a request without its bytes, which say everything; its digest still tells a repeat."""
    return replace(request, body=b"") if kinds else request


def masked_entries(entries: Sequence[EntryT], kinds: Kinds) -> tuple[EntryT, ...]:
    """Return entries with their text masked, each read with the two before it: a number follows its question."""
    if not kinds:
        return tuple(entries)
    texts = [entry.text for entry in entries]
    return tuple(
        _masked_entry(entry, kinds, before=" ".join(texts[max(0, position - CONTEXT_ENTRIES) : position]))
        for position, entry in enumerate(entries)
    )


def _masked_entry(entry: EntryT, kinds: Kinds, *, before: str) -> EntryT:
    found: tuple[Found, ...] = find(entry.text, kinds, before=before)
    return replace(
        entry,
        text=mask(entry.text, found),
        payload=_masked_payload(entry, found, kinds),
        masked=(*entry.masked, *shares_in(entry, found)),
    )


def _masked_payload(
    entry: NewTranscriptEntry | TranscriptEntry, found: Collection[Found], kinds: Kinds
) -> Mapping[str, Any] | None:
    if entry.payload is None:
        return None
    words = {WORDS: masked_words(entry, found)} if found and WORDS in entry.payload else {}
    return {**masked_value(entry.payload, kinds), **words}


def masked_tools(tools: Sequence[NewToolInvocation], kinds: Kinds) -> tuple[NewToolInvocation, ...]:
    """Return tool invocations with the texts of their parameters and results masked."""
    if not kinds:
        return tuple(tools)
    return tuple(
        replace(tool, parameters=masked_value(tool.parameters, kinds), result=masked_value(tool.result, kinds))
        for tool in tools
    )


def masked_text(text: str, kinds: Kinds, *, before: str = "") -> str:
    """Return text with what is of `kinds` in it replaced by the kind's name."""
    return mask(text, find(text, kinds, before=before)) if kinds else text


def masked_value(value: Any, kinds: Kinds, *, name: str = "") -> Any:  # noqa: ANN401 - JSON is anything
    """Return JSON with its texts masked; what a value is called counts as said before it."""
    match value:
        case str():
            return masked_text(value, kinds, before=name.replace("_", " "))
        case Mapping():
            return {key: masked_value(inner, kinds, name=str(key)) for key, inner in value.items()}
        case list() | tuple():
            return [masked_value(inner, kinds, name=name) for inner in value]
        case _:
            return value


async def kinds_of(session: "AsyncSession", project_id: UUID) -> Kinds:
    """Return what a project masks."""
    return (await project_rules.read(session, project_id)).redacted
