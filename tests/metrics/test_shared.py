from dataclasses import replace

from callscope.core.metric import CallFacts
from callscope.metrics.shared import once_per_call
from tests.support.conversations import facts


def test_what_is_shared_is_computed_once_for_each_call() -> None:
    computed: list[CallFacts] = []

    @once_per_call
    def length(given: CallFacts) -> int | None:
        computed.append(given)
        return given.duration_ms

    one, other = facts(duration_ms=1), facts(duration_ms=2)
    assert [length(one), length(one), length(other), length(replace(one, duration_ms=3))] == [1, 1, 2, 3]
    assert len(computed) == 3
