"""Where a party's voice departs from its own habit."""

from collections.abc import Iterator, Sequence
from statistics import median
from typing import NamedTuple

from callscope.core.call import Role
from callscope.core.conversation import Segment
from callscope.core.metric import CallFacts, Direction, MetricContext, MetricInput, MetricScope, ValueType
from callscope.core.recording import SegmentProsody
from callscope.metrics.channels import recording_of
from callscope.metrics.definition import MetricDefinition, Parameter, Parameters, Reading

RAISED, LOWERED, HURRIED, SLOWED, MOVED = ("raised voice", "lowered voice", "hurried", "slowed down", "tone change")

NOT_MEASURED = "How the {role} sounds was not measured: no channel is its own."
TOO_LITTLE = "The {role} spoke too little to tell what is usual for it."


class _Habit(NamedTuple):
    """What is usual for a voice: the medians over its stretches of speech."""

    level_db: float
    pitch_hz: float | None
    pitch_range_semitones: float | None
    syllables_per_s: float | None


def measure(facts: CallFacts, parameters: Parameters) -> Iterator[Reading]:
    """State what is unusual in each party's stretches of speech."""
    recording = recording_of(facts)
    for role in Role:
        indices = {channel.index for channel in recording.channels if channel.role is role}
        own = [each for each in recording.prosody if each.channel_index in indices]
        if not own:
            yield Reading.data_missing(NOT_MEASURED.format(role=role), role=role)
        elif len(own) < int(parameters["minimum_stretches"]):
            yield Reading.not_applicable(TOO_LITTLE.format(role=role), role=role)
        else:
            yield from _unusual(role, own, parameters)


def _unusual(role: Role, own: Sequence[SegmentProsody], parameters: Parameters) -> Iterator[Reading]:
    habit = _habit(own)
    told = [(each, cue) for each in own if (cue := _cue(each, habit, parameters)) is not None]
    for each, (label, reason) in told:
        place = Segment(role=role, start_offset_ms=each.start_offset_ms, end_offset_ms=each.end_offset_ms)
        yield Reading(value=label, role=role, context=MetricContext.SEGMENT, segments=(place,), reason=reason)
    if not told:
        yield Reading.not_applicable(f"The {role} sounds alike all the time.", role=role)


def _habit(own: Sequence[SegmentProsody]) -> _Habit:
    return _Habit(
        level_db=median(each.level_db for each in own),
        pitch_hz=_middle([each.pitch_hz for each in own]),
        pitch_range_semitones=_middle([each.pitch_range_semitones for each in own]),
        syllables_per_s=_middle([each.syllables_per_s for each in own]),
    )


def _middle(figures: Sequence[float | None]) -> float | None:
    known = [figure for figure in figures if figure is not None]
    return median(known) if known else None


def _cue(each: SegmentProsody, habit: _Habit, parameters: Parameters) -> tuple[str, str] | None:
    """Return the first cue that a stretch shows, and by how much."""
    louder_db = each.level_db - habit.level_db
    pitch_ratio = _ratio(each.pitch_hz, habit.pitch_hz)
    if louder_db >= float(parameters["level_db"]) and pitch_ratio > 1:
        return RAISED, f"{louder_db:.0f} dB louder and higher than usual"
    if louder_db <= -float(parameters["level_db"]):
        return LOWERED, f"{-louder_db:.0f} dB softer than usual"
    if _ratio(each.pitch_range_semitones, habit.pitch_range_semitones) >= float(parameters["range_ratio"]):
        return MOVED, f"the pitch moves over {each.pitch_range_semitones} semitones"
    pace_ratio = _ratio(each.syllables_per_s, habit.syllables_per_s)
    if pace_ratio >= float(parameters["pace_ratio"]):
        return HURRIED, f"{pace_ratio:.1f} times as fast as usual"
    if pace_ratio <= 1 / float(parameters["pace_ratio"]):
        return SLOWED, f"{pace_ratio:.1f} times as fast as usual"
    return None


def _ratio(figure: float | None, usual: float | None) -> float:
    """Return how many times the usual a figure is; 1, which is no cue, where one of them is not known."""
    return figure / usual if figure is not None and usual else 1.0


METRIC = MetricDefinition(
    slug="vocal_cue_label",
    name="Vocal cue",
    description="Where a party's voice departs from what is usual for it. One value per stretch of speech that does.",
    family="sentiment",
    value_type=ValueType.CLASSIFICATION,
    unit=None,
    scope=MetricScope.PER_PARTICIPANT,
    contexts=(MetricContext.SEGMENT,),
    direction=Direction.NEUTRAL,
    inputs=(MetricInput.CHANNEL_AUDIO,),
    version=1,
    compute=measure,
    confidence=0.6,
    parameters=(
        Parameter(name="level_db", default=6.0, meaning="How much louder or softer than usual is a cue."),
        Parameter(
            name="range_ratio", default=2.0, meaning="How many times the usual range of pitch is a change of tone."
        ),
        Parameter(name="pace_ratio", default=1.5, meaning="How many times the usual pace is hurried, or slow."),
        Parameter(name="minimum_stretches", default=8, meaning="With fewer stretches of speech nothing is usual."),
    ),
    formula=(
        f"Against the medians of the party's own stretches: `{RAISED}` when at least `level_db` louder and of higher "
        f"pitch, `{LOWERED}` when as much softer, `{MOVED}` when the pitch moves over `range_ratio` times the usual "
        f"range, `{HURRIED}` from `pace_ratio` times the usual syllables per second, `{SLOWED}` below its inverse. The "
        "first that applies is the label."
    ),
    edge_cases=(
        "A stretch in the usual voice has no value.",
        "A stretch too short or too hoarse for a pitch or a pace is judged by what it has.",
        "In one channel that both parties share nothing is said of either.",
    ),
    weaknesses=(
        "It tells that a voice changed, not why: a raised voice may be anger or a bad line.",
        "Sighs and laughter are not told apart from speech.",
        "A party that is upset from the first word on sounds as usual.",
    ),
)
