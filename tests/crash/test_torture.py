"""A short form of `make torture`."""

import pytest

from tests.support.torture import torture

pytestmark = pytest.mark.slow


async def test_what_was_acknowledged_under_random_kills_is_there_exactly_once() -> None:
    account = await torture(rounds=2, calls_per_round=2, seed=5)

    assert len(account.calls) == 4
    assert len(account.spans) == 4
