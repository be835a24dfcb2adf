"""How pages write quantities: for people, with the unit, never a bare number."""

from collections.abc import Mapping

from callscope.core.metric import MetricValue, Unit

SECOND_MS = 1000
HOUR_S = 3600
KIBIBYTE = 1024


def clock(at_ms: int, *, decimals: int = 1) -> str:
    """Return a position in a call: `83_200` as `1:23.2`, hours only when there are any."""
    scale = 10**decimals
    total = max(0, at_ms) * scale // SECOND_MS
    seconds, fraction = divmod(total, scale)
    hours, minutes = seconds // HOUR_S, seconds // 60 % 60
    tail = f"{seconds % 60:02d}" + (f".{fraction:0{decimals}d}" if decimals else "")
    return f"{hours}:{minutes:02d}:{tail}" if hours else f"{minutes}:{tail}"


def span(length_ms: float) -> str:
    """Return a length of time: `350 ms`, `1.22 s`, `12.3 s`, `2 min 05 s`."""
    if abs(length_ms) < SECOND_MS:
        return f"{round(length_ms)} ms"
    seconds = length_ms / SECOND_MS
    if abs(seconds) < 10:  # noqa: PLR2004 - three digits tell enough
        return f"{seconds:.2f} s"
    if abs(seconds) < 60:  # noqa: PLR2004 - a minute
        return f"{seconds:.1f} s"
    return duration(round(length_ms))


def duration(length_ms: int) -> str:
    """Return a length in minutes or hours: `45 s`, `2 min 05 s`, `1 h 02 min`."""
    seconds = round(length_ms / SECOND_MS)
    hours, minutes, rest = seconds // HOUR_S, seconds // 60 % 60, seconds % 60
    if hours:
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


def moment_link(at_ms: int) -> str:
    """Return the fragment that seeks the call page to a position."""
    return f"#t={max(0, at_ms) / SECOND_MS:.1f}"


def quantity(value: float | bool | str, unit: Unit | None) -> str:
    """Return a metric's value with its unit."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    if unit is None:
        return f"{value:g}"
    if unit.symbol == "ms":
        return span(value)
    if unit.symbol == "ratio":
        return f"{value * 100:.1f} %"
    number = f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"
    return f"{number} {unit.name if value != 1 else singular(unit.name)}"


def singular(plural: str) -> str:
    """Return a unit's name for one of it."""
    return plural.removesuffix("s")


def statistic(name: str, number: float | None, unit: Unit | None) -> str:
    """Return one of the figures a value rests on; counts have no unit, the others the value's own."""
    if number is None:
        return "none"
    is_count = name in {"count", "numerator", "denominator"} or name.endswith("_count")
    if is_count or unit is None:
        return f"{number:g}"
    return span(number) if unit.symbol == "ms" or name.endswith("_ms") else f"{number:g}"


def state_words(value: MetricValue) -> str:
    """Return what to show in place of a value that is not there."""
    return {"NOT_APPLICABLE": "does not apply", "DATA_MISSING": "no data", "ERROR": "error"}.get(value.state, "")


def constant_words(constant: str) -> str:
    """Return an enumeration's name as words: `CUSTOMER_ENDED_CALL` as `Customer ended call`."""
    return constant.replace("_", " ").capitalize()


def parameters_line(parameters: Mapping[str, float | int | str]) -> str:
    """Return parameters on one line: `dead_air_ms = 3000, merge_gap_ms = 200`."""
    return ", ".join(f"{name} = {value}" for name, value in sorted(parameters.items()))


def call_count(count: int, *, is_counted_out: bool = True) -> str:
    """Return a number of calls in words: `1 call`, `2,000 or more calls` when that is how far they were counted."""
    return f"{count:,}{'' if is_counted_out else ' or more'} {'call' if count == 1 else 'calls'}"


def size(count_bytes: int) -> str:
    """Return a size: `1.2 MiB`."""
    amount = float(count_bytes)
    for unit in ("bytes", "KiB", "MiB"):
        if amount < KIBIBYTE:
            return f"{amount:.0f} {unit}" if unit == "bytes" else f"{amount:.1f} {unit}"
        amount /= KIBIBYTE
    return f"{amount:.1f} GiB"
