"""What several metrics read of one call is computed once."""

import functools
from collections.abc import Callable
from typing import TypeVar

from callscope.core.metric import CallFacts

Shared = TypeVar("Shared")


def once_per_call(compute: Callable[[CallFacts], Shared]) -> Callable[[CallFacts], Shared]:
    """Return `compute` with its result kept in the facts it was computed of, which never change."""
    name = f"{compute.__module__}.{compute.__qualname__}"

    @functools.wraps(compute)
    def shared(facts: CallFacts) -> Shared:
        kept = facts.__dict__
        if name not in kept:
            kept[name] = compute(facts)
        found: Shared = kept[name]
        return found

    return shared
