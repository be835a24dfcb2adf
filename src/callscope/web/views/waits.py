"""What a caller waited for before each answer: split by part, as a strip on the recording's axis and as a table."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from callscope.core.span_meaning import Attribution, ResponseSplit, SpanPart
from callscope.web.formatting import clock, moment_link, span

PART_LABELS = {
    SpanPart.END_OF_TURN: "End of turn",
    SpanPart.STT: "Transcription",
    SpanPart.LLM: "LLM",
    SpanPart.TOOL: "Tools",
    SpanPart.TTS: "TTS",
}
"""The parts a wait is split into, in the order they are waited for."""

COLOURS = {part: "tool" if part is SpanPart.TOOL else f"part-{part.replace('_', '-')}" for part in PART_LABELS}
UNEXPLAINED_COLOUR = "gap-slow"
UNTRACED_COLOUR = "gap-other"
LEAD_MS = 500
STRIP_HEIGHT = 18
SOLID = ((0, STRIP_HEIGHT),)
STRIPED = ((0, 3), (5, 3), (10, 3), (15, 3))

Paths = tuple[tuple[str, str], ...]
"""What is drawn, as SVG paths by the colour that fills them; x in milliseconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitRow:
    """One wait: when it ended, where a click goes, what took how long, and why it is not split or else its bar.

    An amount of None is unknown.
    """

    at: str
    href: str
    amounts: tuple[str | None, ...]
    reason: str | None
    bar: Paths


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitsView:
    """Every wait; `longest_ms` is how wide the bars are drawn."""

    amount_labels: tuple[str, ...]
    rows: tuple[WaitRow, ...]
    strip: Paths
    longest_ms: int
    height: int = STRIP_HEIGHT


def view_waits(attribution: Attribution | None) -> WaitsView:
    """Return the waits of a call, none of them while its traces tell nothing of it."""
    splits = attribution.splits if attribution else ()
    named = attribution.parts if attribution else frozenset[SpanPart]()
    return WaitsView(
        amount_labels=("Heard wait", *PART_LABELS.values(), "Unexplained", "Reported"),
        rows=tuple(_row(split, named) for split in splits),
        strip=_strip(splits),
        longest_ms=max((split.heard_ms for split in splits), default=1),
    )


def _row(split: ResponseSplit, named: frozenset[SpanPart]) -> WaitRow:
    """Return a row; how long a part took is unknown, and not nothing, where the traces never name it."""
    taken_ms = [split.taken_ms(part) if part in named else None for part in PART_LABELS]
    amounts_ms = (split.heard_ms, *taken_ms, split.unexplained_ms, split.reported_ms)
    return WaitRow(
        at=clock(split.turn_start_offset_ms),
        href=moment_link(split.heard_from_offset_ms - LEAD_MS),
        amounts=tuple(None if amount is None else span(amount) for amount in amounts_ms),
        reason=split.reason,
        bar=tuple(_bar(split)),
    )


def _bar(split: ResponseSplit) -> Iterator[tuple[str, str]]:
    """Yield the parts one behind the other, and what no part accounts for at the end."""
    at_ms = 0
    for part, colour in COLOURS.items():
        taken_ms = split.taken_ms(part) or 0
        if taken_ms:
            yield colour, _boxes([(at_ms, at_ms + taken_ms)], SOLID)
        at_ms += taken_ms
    if split.unexplained_ms:
        yield UNEXPLAINED_COLOUR, _boxes([(at_ms, at_ms + split.unexplained_ms)], STRIPED)


def _strip(splits: Iterable[ResponseSplit]) -> Paths:
    splits = tuple(splits)
    untraced = [(one.heard_from_offset_ms, one.turn_start_offset_ms) for one in splits if one.reason]
    unexplained = [stretch for one in splits for stretch in one.unexplained]
    drawn = [(UNTRACED_COLOUR, _boxes(untraced, STRIPED)), (UNEXPLAINED_COLOUR, _boxes(unexplained, STRIPED))]
    for part, colour in COLOURS.items():
        stretches = [(one.start_offset_ms, one.end_offset_ms) for split in splits for one in split.of(part)]
        drawn.append((colour, _boxes(stretches, SOLID)))
    return tuple((colour, path) for colour, path in drawn if path)


def _boxes(stretches: Iterable[tuple[int, int]], bands: Iterable[tuple[int, int]]) -> str:
    """Return one box a stretch and band (top, height) as the data of a path."""
    bands = tuple(bands)
    return "".join(
        f"M{start} {top}h{end - start}v{height}h{start - end}z" for start, end in stretches for top, height in bands
    )
