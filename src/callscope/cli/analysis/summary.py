"""The summary that `callscope analyze` prints for people."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from callscope.core.call import Role
from callscope.core.conversation import Conversation, Interruption, Segment, TimingBasis, Turn, TurnKind
from callscope.core.metric import MetricContext, MetricValue, ValueState
from callscope.core.recording import Finding, FindingSeverity
from callscope.core.transcript import TranscriptEntry
from callscope.metrics import registry
from callscope.metrics.definition import RATIO
from callscope.services.measuring import Measurement

STRIP_WIDTH = 64
TURNS_SHOWN = 60

_COLOURS = {Role.AGENT: "cyan", Role.CUSTOMER: "magenta"}
_SEVERITIES = {FindingSeverity.INFO: "dim", FindingSeverity.WARNING: "yellow", FindingSeverity.PROBLEM: "red"}
_BASES = {
    TimingBasis.CHANNEL_AUDIO: "one party per channel",
    TimingBasis.TRANSCRIPT: "the transcript's times",
    TimingBasis.ALIGNED_TRANSCRIPT: "the speech at the transcript's times",
    TimingBasis.DIARIZED: "two voices in one channel",
}


def print_summary(console: Console, name: str, measurement: Measurement) -> None:
    """Print what was measured on the recording called `name`."""
    analysis = measurement.analysis
    _print_header(console, name, measurement)
    if measurement.conversation is not None:
        _print_turns(console, measurement.conversation, analysis.duration_ms)
        console.print(_response_times(measurement.values))
        _print_interruptions(console, measurement.conversation.interruptions)
    _print_words(console, measurement.recognized)
    _print_metrics(console, measurement.values)
    _print_findings(console, analysis.report.findings)


def position(offset_ms: int) -> str:
    """Return a place in the call as minutes, seconds and tenths: 75632 is "1:15.6"."""
    minutes, rest_ms = divmod(offset_ms, 60_000)
    return f"{minutes}:{rest_ms // 1000:02}.{rest_ms % 1000 // 100}"


def _print_header(console: Console, name: str, measurement: Measurement) -> None:
    analysis, probe = measurement.analysis, measurement.analysis.probe
    parties = ", ".join(f"{channel.index} {channel.role or 'unknown party'}" for channel in analysis.channels)
    console.print(Text(name, style="bold"))
    console.print(f"{position(analysis.duration_ms)} of {probe.codec} in {probe.container}, {probe.sample_rate_hz} Hz")
    console.print(f"channels: {parties}")
    if measurement.conversation is None:
        console.print(Text(f"nobody could be timed: {measurement.conversation_reason}", style="yellow"))
    else:
        basis = _BASES[measurement.conversation.basis]
        console.print(f"timed by {basis}, confidence {measurement.conversation.confidence:.2f}")


def _print_turns(console: Console, conversation: Conversation, duration_ms: int) -> None:
    console.print()
    for role in Role:
        strip = "".join(_strip(role, conversation.segments, duration_ms))
        console.print(Text(f"{role:<9}", style=_COLOURS[role]) + Text(strip, style=_COLOURS[role]))
    table = Table(box=SIMPLE_HEAD, title="Who spoke when", title_justify="left")
    for heading in ("from", "to", "party", "response", ""):
        table.add_column(heading, justify="right" if heading in {"from", "to", "response"} else "left")
    onsets = {(event.by, event.at_offset_ms) for event in conversation.interruptions}
    for turn in conversation.turns[:TURNS_SHOWN]:
        table.add_row(*_turn_cells(turn, onsets))
    console.print(table)
    hidden = len(conversation.turns) - TURNS_SHOWN
    if hidden > 0:
        console.print(f"… and {hidden} more; --json lists them all\n")


def _strip(role: Role, segments: Sequence[Segment], duration_ms: int) -> Iterator[str]:
    """Draw the call as one line: a mark wherever the party speaks in that share of it."""
    own = [segment for segment in segments if segment.role is role]
    for cell in range(STRIP_WIDTH):
        start_ms, end_ms = cell * duration_ms / STRIP_WIDTH, (cell + 1) * duration_ms / STRIP_WIDTH
        speaks = any(segment.start_offset_ms < end_ms and segment.end_offset_ms > start_ms for segment in own)
        yield "█" if speaks else "·"


def _turn_cells(turn: Turn, onsets: set[tuple[Role, int]]) -> Iterator[str]:
    yield position(turn.start_offset_ms)
    yield position(turn.end_offset_ms)
    yield f"[{_COLOURS[turn.role]}]{turn.role}[/]"
    yield "" if turn.response_time_ms is None else f"{turn.response_time_ms} ms"
    if turn.kind is TurnKind.BACKCHANNEL:
        yield "backchannel"
    elif any((segment.role, segment.start_offset_ms) in onsets for segment in turn.segments):
        yield "interrupts"
    else:
        yield "starts in overlap" if turn.overlap_at_onset_ms > 0 else ""


def _response_times(values: Sequence[MetricValue]) -> Table:
    table = Table(box=SIMPLE_HEAD, title="Response time (ms)", title_justify="left")
    table.add_column("party")
    names = ("count", "p50", "p90", "p95", "mean", "max")
    for heading in ("answers", *names[1:]):
        table.add_column(heading, justify="right")
    for value in values:
        if value.slug == "response_time" and value.context is MetricContext.CALL:
            table.add_row(value.role, *(str(value.statistics.get(name, "")) for name in names))
    return table


def _print_interruptions(console: Console, interruptions: Sequence[Interruption]) -> None:
    if not interruptions:
        console.print("No interruptions.\n")
        return
    table = Table(box=SIMPLE_HEAD, title="Interruptions", title_justify="left")
    for heading in ("at", "by", "outcome"):
        table.add_column(heading)
    for event in interruptions:
        stopped = f"the {event.by.other} stopped after {event.stop_latency_ms} ms"
        outcome = stopped if event.yielded else f"the {event.by.other} kept talking"
        table.add_row(position(event.at_offset_ms), f"[{_COLOURS[event.by]}]{event.by}[/]", outcome)
    console.print(table)


def _print_words(console: Console, entries: Sequence[TranscriptEntry]) -> None:
    for entry in entries:
        said = Text(f"{position(entry.start_offset_ms):>8}  {entry.role}: {entry.text}", style=_COLOURS[entry.role])
        console.print(said)
    if entries:
        console.print()


def _print_metrics(console: Console, values: Sequence[MetricValue]) -> None:
    """Print what has a value as a table, and what has none below it, each reason once."""
    of_call = [value for value in values if value.context is MetricContext.CALL]
    table = Table(box=SIMPLE_HEAD, title="Metrics", title_justify="left")
    table.add_column("metric", no_wrap=True)
    table.add_column("party")
    table.add_column("value", justify="right", no_wrap=True)
    present = [value for value in of_call if value.state is ValueState.SUCCESS]
    for slug, group in groupby(present, key=lambda value: value.slug):
        for row, value in enumerate(group):
            table.add_row(slug if row == 0 else "", value.role or "", _shown(value))
    console.print(table)
    absent: dict[tuple[ValueState, str], list[MetricValue]] = {}
    for value in of_call:
        if value.state is not ValueState.SUCCESS:
            absent.setdefault((value.state, value.reason or ""), []).append(value)
    for (state, reason), without in absent.items():
        names = ", ".join(dict.fromkeys(_named(value) for value in without))
        console.print(Text(f"{state.replace('_', ' ').capitalize()}: {reason}", style="yellow"))
        console.print(f"  {names}\n")


def _named(value: MetricValue) -> str:
    return value.slug if value.role is None else f"{value.slug} ({value.role})"


def _shown(value: MetricValue) -> str:
    unit = registry.get(value.slug).unit_symbol
    if not isinstance(value.value, float):
        return f"{value.value} {unit}".rstrip()
    return f"{value.value:.3f} {unit}" if unit == RATIO.symbol else f"{value.value:.0f} {unit}".rstrip()


def _print_findings(console: Console, findings: Sequence[Finding]) -> None:
    if not findings:
        console.print("Input check: nothing odd about the recording.")
        return
    console.print("Input check")
    for finding in findings:
        console.print(Text(f"  {finding.severity}: {finding.message}", style=_SEVERITIES[finding.severity]))
        if finding.remedy:
            console.print(Text(f"    {finding.remedy}"))
