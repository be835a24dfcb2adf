"""Who speaks when, as several metrics read it of one call."""

from collections.abc import Mapping

from callscope.core.call import Role
from callscope.core.conversation import Segment
from callscope.core.metric import CallFacts
from callscope.metrics.inputs import conversation_of
from callscope.metrics.intervals import Silence, Track, covered_ms, merged, of, silences, speech_ms
from callscope.metrics.shared import once_per_call


@once_per_call
def tracks(facts: CallFacts) -> Mapping[Role, Track[Segment]]:
    """Return each party's segments, to be looked up by time."""
    segments = conversation_of(facts).segments
    return {role: Track(of(role, segments)) for role in Role}


@once_per_call
def silences_in(facts: CallFacts) -> tuple[Silence, ...]:
    """Return every stretch of silence between the first and the last speech, in order."""
    return silences(conversation_of(facts).segments)


@once_per_call
def speech_ms_by_role(facts: CallFacts) -> Mapping[Role, int]:
    """Return how long each party speaks."""
    return {role: speech_ms(role, conversation_of(facts).segments) for role in Role}


@once_per_call
def anyone_speaks_ms(facts: CallFacts) -> int:
    """Return how long anybody speaks."""
    return covered_ms(merged(conversation_of(facts).segments))
