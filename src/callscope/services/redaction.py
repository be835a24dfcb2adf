"""Masking: in a project that wants it, what comes in is masked before it is stored, so that nothing shows it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from callscope.core.new_call import NewCall, NewToolInvocation, NewTranscriptEntry, ReceivedRequest
from callscope.core.project_rules import RedactionClass
from callscope.core.transcript import TranscriptEntry
from callscope.redaction.detect import find, mask
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
        properties={name: _masked_value(value, kinds) for name, value in new.properties.items()},
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
        replace(
            entry,
            text=masked_text(entry.text, kinds, before=" ".join(texts[max(0, position - CONTEXT_ENTRIES) : position])),
            payload=None if entry.payload is None else _masked_value(entry.payload, kinds),
        )
        for position, entry in enumerate(entries)
    )


def masked_tools(tools: Sequence[NewToolInvocation], kinds: Kinds) -> tuple[NewToolInvocation, ...]:
    """Return tool invocations with the texts of their parameters and results masked."""
    if not kinds:
        return tuple(tools)
    return tuple(
        replace(tool, parameters=_masked_value(tool.parameters, kinds), result=_masked_value(tool.result, kinds))
        for tool in tools
    )


def masked_text(text: str, kinds: Kinds, *, before: str = "") -> str:
    """Return text with what is of `kinds` in it replaced by the kind's name."""
    return mask(text, find(text, kinds, before=before)) if kinds else text


async def kinds_of(session: "AsyncSession", project_id: UUID) -> Kinds:
    """Return what a project masks."""
    return (await project_rules.read(session, project_id)).redacted


def _masked_value(value: Any, kinds: Kinds, *, name: str = "") -> Any:  # noqa: ANN401 - JSON is anything
    """Return JSON with its texts masked; what a value is called counts as said before it."""
    match value:
        case str():
            return masked_text(value, kinds, before=name.replace("_", " "))
        case Mapping():
            return {key: _masked_value(inner, kinds, name=str(key)) for key, inner in value.items()}
        case list() | tuple():
            return [_masked_value(inner, kinds, name=name) for inner in value]
        case _:
            return value
