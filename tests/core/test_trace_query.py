from datetime import UTC, datetime

import pytest

from callscope.core.trace_query import to_unix_ns


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (datetime(1970, 1, 1, 0, 0, 1, 1, tzinfo=UTC), 1_000_001_000),
        (datetime(912, 10, 8, tzinfo=UTC), -(2**63)),
        (datetime(9999, 12, 31, tzinfo=UTC), 2**63 - 1),
    ],
)
def test_moments_become_nanoseconds_that_64_bits_hold(moment: datetime, expected: int) -> None:
    assert to_unix_ns(moment) == expected
