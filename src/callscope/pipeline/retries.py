"""When a stage that failed is tried again: it depends on why it failed, and how long it has been tried."""

import errno
from dataclasses import dataclass, field

from callscope.core.errors import CallscopeError
from callscope.outbound.errors import FetchCause, FetchFailed, ServiceAway
from callscope.services.live_chunks import ChunksOutstanding
from callscope.storage.engine import is_away
from callscope.storage.objects import StoreAway


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrySchedule:
    """Waits that grow by `growth` from `first_s` to at most `longest_s`.

    It ends after `max_attempts` tries, or when the next try would come later than `horizon_s` after the first.
    """

    first_s: float
    growth: float
    longest_s: float
    max_attempts: int | None = None
    horizon_s: float = 24 * 3600.0

    def wait_after(
        self, attempt_count: int, *, elapsed_s: float, jitter: float, at_least_s: float | None = None
    ) -> float | None:
        """Return the seconds to wait after `attempt_count` failed tries (1 or more), None to give up.

        `jitter` in 0 to 1 takes off up to half of the wait, so that calls that failed together do not come back
        together. `at_least_s` is what the server asked for.
        """
        if self.max_attempts is not None and attempt_count >= self.max_attempts:
            return None
        # 64 doublings are past any longest wait; a bound keeps the power from overflowing.
        wait_s = min(self.longest_s, self.first_s * self.growth ** min(attempt_count - 1, 64))
        wait_s = max(wait_s * (1 - jitter / 2), min(at_least_s or 0.0, self.longest_s))
        return None if elapsed_s + wait_s > self.horizon_s else wait_s


PASSING_CAUSES = frozenset((FetchCause.BUSY, FetchCause.TIMED_OUT, FetchCause.UNREACHABLE, FetchCause.BROKEN_OFF))
GIVE_UP = RetrySchedule(first_s=0, growth=1, longest_s=0, max_attempts=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrySchedules:
    """One schedule for each kind of cause."""

    gone: RetrySchedule = field(default=RetrySchedule(first_s=5, growth=6, longest_s=300, max_attempts=4))
    """The server says there is no such file: perhaps it is just being written."""
    passing: RetrySchedule = field(default=RetrySchedule(first_s=5, growth=2, longest_s=3600))
    """Time-outs, overload, servers, stores and databases that are down, full disks: they pass within the day."""
    service_away: RetrySchedule = field(default=RetrySchedule(first_s=5, growth=3, longest_s=900, horizon_s=2 * 3600.0))
    """A server the operator set up: what waits for it is missed sooner than a recording."""
    chunks: RetrySchedule = field(default=RetrySchedule(first_s=3, growth=1, longest_s=3))
    """Chunks of a recording on their way: whoever waits for them stops doing so."""
    unexpected: RetrySchedule = field(default=RetrySchedule(first_s=5, growth=3, longest_s=600, max_attempts=6))
    """Our own fault."""
    delivery: RetrySchedule = field(
        default=RetrySchedule(first_s=16, growth=4.2, longest_s=24 * 3600.0, max_attempts=8, horizon_s=7 * 24 * 3600.0)
    )
    """A webhook that does not take an event: eight tries over about a day."""

    def schedule_for(self, error: Exception) -> RetrySchedule:
        """Return the schedule that fits the cause of a failure."""
        match error:
            case ChunksOutstanding():
                return self.chunks
            case ServiceAway():
                return self.service_away
            case FetchFailed(cause=FetchCause.GONE | FetchCause.HOST_UNKNOWN):
                return self.gone
            case _ if _is_passing(error):
                return self.passing
            case CallscopeError():
                return GIVE_UP
            case _:
                return self.unexpected


def _is_passing(error: Exception) -> bool:
    match error:
        case FetchFailed():
            return error.cause in PASSING_CAUSES
        case StoreAway() | OSError(errno=errno.ENOSPC | errno.EDQUOT):
            return True
        case _:
            return is_away(error)


def requested_wait_s(error: Exception) -> float | None:
    """Return how long the other server asked us to wait, None when it did not."""
    return error.retry_after_s if isinstance(error, FetchFailed) else None
