"""Short forms of `make torture`, which runs the other disasters too."""

import pytest

from tests.support.torture import torture_by, torture_by_kills

pytestmark = pytest.mark.slow


async def test_what_was_acknowledged_under_random_kills_is_there_exactly_once() -> None:
    account = await torture_by_kills(rounds=2, calls_per_round=2, seed=5)

    assert len(account.calls) == 4


@pytest.mark.parametrize("disaster", ["database-away", "disk-full"])
async def test_what_was_acknowledged_around_a_disaster_is_there_exactly_once(disaster: str) -> None:
    account = await torture_by(disaster, calls=1, lasts_s=0, seed=5)

    assert len(account.calls) >= 2
