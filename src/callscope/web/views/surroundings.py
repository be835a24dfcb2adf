"""Notes, earlier analyses, the other transcript and the neighbours of a call, ready to show."""

import re
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from callscope.core.call import Role
from callscope.core.errors import InvalidInput
from callscope.core.saved_view import CallNote
from callscope.core.transcript import DifferenceKind, TranscriptSource, WordComparison, WordDifference
from callscope.web.call_surroundings import Surroundings
from callscope.web.formatting import clock, moment_link
from callscope.web.list_address import PATH, ListAddress
from callscope.web.views.analysis import AnalysisView, view_analysis

CLOCK = re.compile(r"(?:(\d{1,3}):)?(\d{1,3}):(\d{2}(?:\.\d{1,3})?)")
DIFFERENCES_SHOWN = 60
SOURCE_WORDS = {
    TranscriptSource.CUSTOMER_AGENT_REALTIME: "sent with the call",
    TranscriptSource.SIMULATION_AGENT_REALTIME: "from the simulation",
    TranscriptSource.ROARK_POST_CALL: "recognised from the recording",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteView:
    """A note; `at` is the moment it speaks of."""

    id: str
    author: str
    text: str
    at: str | None
    href: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferenceView:
    """Words that differ: `left` in the reference, `right` in the other transcript, either may be empty."""

    at: str
    href: str | None
    left: str
    right: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyDifferences:
    """How one party's words differ."""

    party: str
    summary: str
    differences: tuple[DifferenceView, ...]
    hidden_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SurroundingsView:
    """All of it; addresses None where there is nothing."""

    list_href: str
    before_href: str | None
    after_href: str | None
    notes: tuple[NoteView, ...]
    analyses: tuple[tuple[AnalysisView, datetime], ...]
    left_source: str
    right_source: str
    parties: tuple[PartyDifferences, ...]


def view_surroundings(found: Surroundings, address: ListAddress) -> SurroundingsView:
    """Return the view; links to the neighbours keep the list they are neighbours in."""
    back = f"?from={quote(address.query)}" if address.query else ""
    compared = found.comparison
    return SurroundingsView(
        list_href=address.href(),
        before_href=None if found.before_id is None else f"{PATH}/{found.before_id}{back}",
        after_href=None if found.after_id is None else f"{PATH}/{found.after_id}{back}",
        notes=tuple(_view_note(note) for note in found.notes),
        analyses=tuple((view_analysis(one), one.created_at) for one in found.analyses),
        left_source=SOURCE_WORDS[compared.reference] if compared else "",
        right_source=SOURCE_WORDS[compared.other] if compared else "",
        parties=tuple(_view_party(role, one) for role, one in compared.by_role.items()) if compared else (),
    )


def parse_clock(text: str) -> int | None:
    """Return the moment a clock shows in milliseconds, None for nothing. Raises InvalidInput."""
    if not text.strip():
        return None
    found = CLOCK.fullmatch(text.strip())
    if found is None:
        raise InvalidInput.at("at", message="`at` must be a moment of the call such as 1:23.4, or empty.")
    hours, minutes, seconds = found.groups()
    return round((int(hours or 0) * 3600 + int(minutes) * 60 + float(seconds)) * 1000)


def _view_note(note: CallNote) -> NoteView:
    at_ms = note.at_offset_ms
    return NoteView(
        id=str(note.id),
        author=note.author,
        text=note.text,
        at=None if at_ms is None else clock(at_ms),
        href=None if at_ms is None else moment_link(at_ms),
        created_at=note.created_at,
    )


def _view_party(role: Role, compared: WordComparison) -> PartyDifferences:
    shown = compared.differences[:DIFFERENCES_SHOWN]
    rate = compared.error_rate
    errors = f"{compared.error_count} of {compared.reference_word_count} words differ"
    return PartyDifferences(
        party=role.value.capitalize(),
        summary="no words" if rate is None else f"{errors}, {rate:.1%}",
        differences=tuple(_view_difference(one) for one in shown),
        hidden_count=len(compared.differences) - len(shown),
    )


def _view_difference(one: WordDifference) -> DifferenceView:
    at_ms = one.at_offset_ms
    return DifferenceView(
        at="" if at_ms is None else clock(at_ms),
        href=None if at_ms is None else moment_link(at_ms),
        left="" if one.kind is DifferenceKind.ADDED else " ".join(one.reference_words),
        right="" if one.kind is DifferenceKind.LEFT_OUT else " ".join(one.other_words),
    )
