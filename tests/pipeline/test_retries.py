import errno

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.errors import DiskFull
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from callscope.audio.errors import NotAudio
from callscope.outbound.errors import FetchCause, FetchFailed, UrlForbidden
from callscope.pipeline.retries import RetrySchedule, RetrySchedules
from callscope.storage.objects import StoreAway

SCHEDULES = RetrySchedules()
DAY_S = 24 * 3600.0


def waits_of(error: Exception) -> list[float]:
    """Return every wait until the stage is given up, without jitter."""
    schedule, waits, elapsed_s = SCHEDULES.schedule_for(error), [], 0.0
    while (wait_s := schedule.wait_after(len(waits) + 1, elapsed_s=elapsed_s, jitter=0.0)) is not None:
        waits.append(wait_s)
        elapsed_s += wait_s
    return waits


@pytest.mark.parametrize(
    "error",
    [
        NotAudio("no"),
        UrlForbidden("no"),
        FetchFailed("no", FetchCause.TOO_LARGE),
        FetchFailed("no", FetchCause.UNUSABLE),
    ],
)
def test_what_will_not_change_is_not_tried_again(error: Exception) -> None:
    assert waits_of(error) == []


@pytest.mark.parametrize("cause", [FetchCause.GONE, FetchCause.HOST_UNKNOWN])
def test_a_missing_file_is_given_up_within_minutes(cause: FetchCause) -> None:
    waits = waits_of(FetchFailed("no", cause))

    assert len(waits) == 3
    assert sum(waits) < 300


@pytest.mark.parametrize(
    "cause", [FetchCause.BUSY, FetchCause.TIMED_OUT, FetchCause.UNREACHABLE, FetchCause.BROKEN_OFF]
)
def test_a_server_that_is_down_is_waited_for_a_day(cause: FetchCause) -> None:
    waits = waits_of(FetchFailed("later", cause))

    assert waits[:4] == [5, 10, 20, 40]
    assert max(waits) == 3600
    assert DAY_S - 3600 < sum(waits) <= DAY_S


@pytest.mark.parametrize(
    "error",
    [
        StoreAway(),
        OSError(errno.ENOSPC, "No space left on device"),
        DBAPIError("SELECT", None, DiskFull()),
        PoolTimeout(),
    ],
)
def test_what_an_operator_mends_is_waited_for_a_day(error: Exception) -> None:
    assert sum(waits_of(error)) > DAY_S - 3600


def test_a_defect_is_tried_a_few_times() -> None:
    assert len(waits_of(ValueError("bug"))) == 5


def test_a_server_that_names_a_time_is_not_asked_before() -> None:
    wait_s = SCHEDULES.passing.wait_after(1, elapsed_s=0, jitter=1.0, at_least_s=120)

    assert wait_s == 120


@given(
    attempt_count=st.integers(1, 10_000),
    elapsed_s=st.floats(0, DAY_S),
    jitter=st.floats(0, 1),
    at_least_s=st.none() | st.floats(0, 1e9),
)
def test_waits_stay_within_bounds(
    attempt_count: int, elapsed_s: float, jitter: float, at_least_s: float | None
) -> None:
    schedule = RetrySchedule(first_s=5, growth=2, longest_s=3600)

    wait_s = schedule.wait_after(attempt_count, elapsed_s=elapsed_s, jitter=jitter, at_least_s=at_least_s)

    assert wait_s is None or 2.5 <= wait_s <= 3600
