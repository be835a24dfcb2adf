"""Who spoke when, drawn as SVG: a lane a party, the gaps between turns, interruptions and what else is heard."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from callscope.core.call import Role
from callscope.core.conversation import Conversation, Interruption, Segment, Turn, TurnKind
from callscope.core.recording import InputReport, LineSound

_ROLES = (Role.CUSTOMER, Role.AGENT)
_COLOURS = {Role.CUSTOMER: "#b35806", Role.AGENT: "#2166ac"}
_FADED = {Role.CUSTOMER: "#fdb863", Role.AGENT: "#92c5de"}
_ALARM = "#b2182b"
_LEFT, _WIDTH, _MARGIN = 84, 900, 16
_LANE_HEIGHT, _LANE_STEP, _HEADROOM = 22, 40, 26
_ROW_HEIGHT = _HEADROOM + 2 * _LANE_STEP + 30
_SHORTEST_ROW_MS = 30_000
_MOST_ROWS = 40
_LEAST_LABEL_PX = 34
_TICKS_MS = (500, 1000, 2000, 5000, 10_000, 30_000, 60_000, 300_000)
_FEWEST_TICK_PX = 60
_DEAD_AIR_MS = 3000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """One stretch of the call, and where its drawing begins from the top."""

    start_ms: int
    end_ms: int
    top: int

    def x(self, offset_ms: float) -> float:
        inside = min(max(offset_ms, self.start_ms), self.end_ms) - self.start_ms
        return round(_LEFT + _WIDTH * inside / (self.end_ms - self.start_ms), 1)

    def width(self, start_ms: float, end_ms: float) -> float:
        return round(self.x(end_ms) - self.x(start_ms), 1)

    def lane(self, role: Role) -> int:
        return self.top + _HEADROOM + _ROLES.index(role) * _LANE_STEP

    def shows(self, start_ms: int, end_ms: int) -> bool:
        return start_ms < self.end_ms and end_ms > self.start_ms


def draw_conversation(
    conversation: Conversation,
    stretch: tuple[int, int],
    *,
    report: InputReport | None = None,
    row_ms: int | None = None,
) -> str:
    """Return the `stretch` of the conversation (milliseconds) as an SVG document.

    Long stretches go on in further rows, `row_ms` each. `report` adds what is heard besides speech.
    """
    start_ms, end_ms = stretch
    length_ms = max(row_ms or max(_SHORTEST_ROW_MS, -(-(end_ms - start_ms) // _MOST_ROWS)), 1)
    rows = [
        _Row(start_ms=at, end_ms=at + length_ms, top=_MARGIN + index * _ROW_HEIGHT)
        for index, at in enumerate(range(start_ms, max(end_ms, start_ms + 1), length_ms))
    ]
    width, height = _LEFT + _WIDTH + _MARGIN, 2 * _MARGIN + len(rows) * _ROW_HEIGHT
    parts = [part for row in rows for part in _draw_row(row, conversation, report)]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'font-family="system-ui, sans-serif" font-size="12" role="img" aria-label="Who spoke when">'
    )
    return "\n".join([head, '<rect width="100%" height="100%" fill="#ffffff"/>', *parts, "</svg>\n"])


def _draw_row(row: _Row, conversation: Conversation, report: InputReport | None) -> Iterator[str]:
    yield from _axis(row)
    yield from _silences(row, conversation.segments)
    for channel in () if report is None else report.channels:
        if channel.role is not None:
            yield from _sounds(row, channel.role, channel.sounds)
    for turn in conversation.turns:
        if row.shows(turn.start_offset_ms, turn.end_offset_ms):
            yield from _turn(row, turn)
    for turn in conversation.turns:
        yield from _gap(row, turn)
    for interruption in conversation.interruptions:
        yield from _interruption(row, interruption)


def _axis(row: _Row) -> Iterator[str]:
    for role in _ROLES:
        y = row.lane(role)
        yield _text(_LEFT - 8, y + 15, role.value, anchor="end", fill=_COLOURS[role])
        yield f'<line x1="{_LEFT}" x2="{_LEFT + _WIDTH}" y1="{y + 11}" y2="{y + 11}" stroke="#dddddd"/>'
    step_ms = next(
        (tick for tick in _TICKS_MS if row.width(row.start_ms, row.start_ms + tick) >= _FEWEST_TICK_PX), None
    )
    step_ms = step_ms or row.end_ms - row.start_ms
    bottom = row.top + _HEADROOM + 2 * _LANE_STEP
    for at_ms in range(-(-row.start_ms // step_ms) * step_ms, row.end_ms + 1, step_ms):
        x = row.x(at_ms)
        yield f'<line x1="{x}" x2="{x}" y1="{bottom - 8}" y2="{bottom - 3}" stroke="#999999"/>'
        yield _text(x, bottom + 10, _clock(at_ms), anchor="middle", fill="#666666")


def _turn(row: _Row, turn: Turn) -> Iterator[str]:
    is_backchannel = turn.kind is TurnKind.BACKCHANNEL
    colour = (_FADED if is_backchannel else _COLOURS)[turn.role]
    for segment in turn.segments:
        if row.shows(segment.start_offset_ms, segment.end_offset_ms):
            yield _box(row, segment.start_offset_ms, segment.end_offset_ms, row.lane(turn.role), colour)
    if is_backchannel and row.start_ms <= turn.start_offset_ms < row.end_ms:
        x, y = row.x(turn.start_offset_ms), row.lane(turn.role)
        yield _text(x, y - 4 if turn.role is Role.CUSTOMER else y + 35, "backchannel", fill="#666666")


def _gap(row: _Row, turn: Turn) -> Iterator[str]:
    """Draw how long the turn was waited for, between both lanes."""
    wait_ms = turn.response_time_ms
    if wait_ms is None or not row.start_ms <= turn.start_offset_ms < row.end_ms:
        return
    before, y = turn.start_offset_ms - wait_ms, row.lane(Role.CUSTOMER) + 31
    yield (
        f'<path d="M{row.x(before)} {y - 4}v8M{row.x(turn.start_offset_ms)} {y - 4}v8'
        f'M{row.x(before)} {y}H{row.x(turn.start_offset_ms)}" stroke="#444444" fill="none"/>'
    )
    if row.width(before, turn.start_offset_ms) >= _LEAST_LABEL_PX:
        middle = (row.x(before) + row.x(turn.start_offset_ms)) / 2
        yield _text(round(middle, 1), y - 4, f"{wait_ms} ms", anchor="middle", fill="#444444")


def _interruption(row: _Row, found: Interruption) -> Iterator[str]:
    """Draw where one party breaks into the other's speech, and what becomes of it."""
    if not row.start_ms <= found.at_offset_ms < row.end_ms:
        return
    x, top = row.x(found.at_offset_ms), row.lane(Role.CUSTOMER) - 4
    end = row.x(found.at_offset_ms + found.overlap_ms)
    bottom = row.lane(Role.AGENT) + _LANE_HEIGHT + 4
    yield (
        f'<rect x="{x}" y="{top}" width="{round(end - x, 1)}" height="{bottom - top}" fill="{_ALARM}" '
        f'fill-opacity="0.18" stroke="{_ALARM}" stroke-dasharray="3 2"/>'
    )
    outcome = f"stops after {found.stop_latency_ms} ms" if found.yielded else "goes on"
    yield _text(x, top - 4, f"{found.by} interrupts, {found.by.other} {outcome}", fill=_ALARM)


def _silences(row: _Row, segments: Sequence[Segment]) -> Iterator[str]:
    """Draw dead air: where nobody speaks for long."""
    latest_ms: int | None = None
    for segment in sorted(segments, key=lambda one: one.start_offset_ms):
        start_ms = segment.start_offset_ms
        if latest_ms is not None and start_ms - latest_ms >= _DEAD_AIR_MS and row.shows(latest_ms, start_ms):
            y, bottom = row.lane(Role.CUSTOMER), row.lane(Role.AGENT) + _LANE_HEIGHT
            x = row.x(latest_ms)
            yield (
                f'<rect x="{x}" y="{y}" width="{row.width(latest_ms, start_ms)}" height="{bottom - y}" fill="#eeeeee"/>'
            )
            yield _text(x + 4, y + 14, f"dead air {(start_ms - latest_ms) / 1000:.1f} s", fill="#666666")
        latest_ms = max(latest_ms or 0, segment.end_offset_ms)


def _sounds(row: _Row, role: Role, sounds: Iterable[LineSound]) -> Iterator[str]:
    for sound in sounds:
        if row.shows(sound.start_offset_ms, sound.end_offset_ms):
            y = row.lane(role)
            yield _box(row, sound.start_offset_ms, sound.end_offset_ms, y, "#cccccc")
            yield _text(row.x(sound.start_offset_ms) + 4, y + 15, sound.kind.value, fill="#333333")


def _box(row: _Row, start_ms: int, end_ms: int, y: int, colour: str) -> str:
    width = max(row.width(start_ms, end_ms), 1)
    return f'<rect x="{row.x(start_ms)}" y="{y}" width="{width}" height="{_LANE_HEIGHT}" rx="3" fill="{colour}"/>'


def _text(x: float, y: float, words: str, *, fill: str, anchor: str = "start") -> str:
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}" fill="{fill}">{escape(words)}</text>'


def _clock(at_ms: int) -> str:
    minutes, rest_ms = divmod(at_ms, 60_000)
    seconds = rest_ms / 1000
    return f"{minutes}:{seconds:04.1f}" if rest_ms % 1000 else f"{minutes}:{int(seconds):02}"
