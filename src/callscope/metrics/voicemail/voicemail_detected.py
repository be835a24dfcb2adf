"""Whether a machine answered instead of the customer."""

from collections.abc import Iterator, Sequence

from callscope.core.call import Role
from callscope.core.conversation import TurnKind
from callscope.core.metric import CallFacts, Direction, MetricContext, MetricInput, MetricScope, ValueType
from callscope.metrics.definition import MetricDefinition, Parameter, Parameters, Reading
from callscope.metrics.words import Said, said

SURE_CUES = (
    "after the tone",
    "after the beep",
    "at the tone",
    "at the beep",
    "leave a message",
    "leave me a message",
    "leave your message",
    "leave your name",
    "record your message",
    "voicemail",
    "voice mail",
    "mailbox",
    "person you are trying to reach",
    "person you are calling",
    "number you have dialed",
    "number you have dialled",
)
LIKELY_CUES = (
    "you've reached",
    "you have reached",
    "not available",
    "unavailable",
    "can't come to the phone",
    "cannot come to the phone",
    "can't take your call",
    "unable to take your call",
    "call you back",
    "get back to you",
    "away from my desk",
    "forwarded to",
)

_NEEDED_LIKELY = 2


def measure(facts: CallFacts, parameters: Parameters) -> Iterator[Reading]:
    """State whether a machine answered, and what tells."""
    own = [each for each in said(facts) if each.entry.role is Role.CUSTOMER and each.tokens]
    if not own:
        yield Reading.not_applicable("Nothing the customer's side said is in the transcript.")
        return
    greeting = [each for each in own if each.entry.start_offset_ms < int(parameters["greeting_ms"])]
    sure = _found(greeting, SURE_CUES)
    likely = _found(greeting, LIKELY_CUES)
    is_recited = _speaks_alone(facts, int(parameters["recital_ms"]))
    cues = [*sure, *likely]
    yield Reading(
        value=bool(sure) or (bool(likely) and len(likely) + is_recited >= _NEEDED_LIKELY),
        statistics={"sure_cue_count": len(sure), "likely_cue_count": len(likely), "recited_count": int(is_recited)},
        evidence=tuple(each.span(f"says {cue!r}") for each, cue in cues),
    )


def _found(entries: Sequence[Said], cues: Sequence[str]) -> list[tuple[Said, str]]:
    spoken = [(each, f" {' '.join(each.tokens)} ") for each in entries]
    return [(each, cue) for each, words in spoken for cue in cues if f" {cue} " in words]


def _speaks_alone(facts: CallFacts, recital_ms: int) -> bool:
    """Tell whether the customer's side speaks first, at length, in one turn, and never again."""
    if facts.conversation is None:
        return False
    turns = [turn for turn in facts.conversation.turns if turn.kind is TurnKind.TURN]
    by_customer = [turn for turn in turns if turn.role is Role.CUSTOMER]
    return len(by_customer) == 1 and turns[0] is by_customer[0] and by_customer[0].speech_ms >= recital_ms


METRIC = MetricDefinition(
    slug="voicemail_detected",
    name="Voicemail",
    description="Whether an answering machine or voicemail was reached instead of the customer.",
    family="voicemail",
    value_type=ValueType.BOOLEAN,
    unit=None,
    scope=MetricScope.GLOBAL,
    contexts=(MetricContext.CALL,),
    direction=Direction.NEUTRAL,
    inputs=(MetricInput.WORDS,),
    version=1,
    compute=measure,
    confidence=0.9,
    parameters=(
        Parameter(name="greeting_ms", default=60_000, meaning="How far into the call a machine's greeting may start."),
        Parameter(name="recital_ms", default=4000, meaning="How long the one turn of a machine speaks at least."),
    ),
    formula=(
        "True when the customer's side says one of the sure cues ("
        + ", ".join(f"`{cue}`" for cue in SURE_CUES)
        + ") in its greeting; or two of the likely ones ("
        + ", ".join(f"`{cue}`" for cue in LIKELY_CUES)
        + "); or one of these, when by the timing of its speech it also speaks first, for at least `recital_ms`, in "
        "one turn, and never again."
    ),
    edge_cases=(
        "Each cue is evidence with its entry; where the parties could not be timed the cues alone decide.",
        "A customer's side that is not in the transcript has no value: silence is not a machine.",
    ),
    weaknesses=(
        "The cues are English, and a beep alone is not heard.",
        "A person who reads out a greeting, or asks to be called back twice over, is taken for a machine.",
    ),
)
