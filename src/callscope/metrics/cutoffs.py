"""Utterances of the agent that break off, for the metrics that show and count them."""

from callscope.core.call import Role
from callscope.core.metric import CallFacts
from callscope.metrics.inputs import conversation_of
from callscope.metrics.interruptions import interruptions_by
from callscope.metrics.shared import once_per_call
from callscope.metrics.words import Said, said

CUTOFF_RULE = (
    "An utterance is what the agent says until the customer speaks or the call ends. It breaks off when its text ends "
    "with a dash or a comma, or with a word after which no English sentence ends (`the`, `your`, `of`, `and`, …), and "
    "the customer did not interrupt the agent while it was spoken."
)
CUTOFF_EDGE_CASES = (
    "An agent that stops because the customer breaks in has yielded and is not cut off.",
    "Where several entries of the agent follow each other, the last one counts.",
)
CUTOFF_WEAKNESSES = (
    "It reads the transcript: words that were generated but never played make a cut-off invisible.",
    "Transcripts without punctuation show only what ends in such a word; other languages only dashes and commas.",
)

_OPEN_ENDS = ("-", "\u2013", "\u2014", ",")
_NEVER_LAST = frozenset(
    """a an the my your our their every and or but nor because although whereas unless than
    of to from with into onto between during per via upon
    i'm you're we're they're i'll you'll we'll they'll i've we've""".split()  # noqa: SIM905 - a list of words to read
)


@once_per_call
def utterance_ends(facts: CallFacts) -> tuple[Said, ...]:
    """Return the last entry of each run of the agent's, in order."""
    spoken = [each for each in said(facts) if each.tokens]
    following = [*(each.entry.role for each in spoken[1:]), None]
    return tuple(
        each
        for each, next_role in zip(spoken, following, strict=True)
        if each.entry.role is Role.AGENT and next_role is not Role.AGENT
    )


@once_per_call
def cut_off(facts: CallFacts) -> tuple[Said, ...]:
    """Return the entries that break off though nobody made the agent stop."""
    broken_in_ms = [each.at_offset_ms for each in interruptions_by(Role.CUSTOMER, conversation_of(facts))]
    return tuple(
        each
        for each in utterance_ends(facts)
        if _is_open(each)
        and not any(each.entry.start_offset_ms <= at_ms <= each.end_offset_ms for at_ms in broken_in_ms)
    )


def _is_open(utterance: Said) -> bool:
    text = utterance.entry.text.rstrip()
    return text.endswith(_OPEN_ENDS) or (text[-1].isalnum() and utterance.tokens[-1] in _NEVER_LAST)
