from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callscope.core.call import Role
from callscope.core.metric import Unit, ValueState
from callscope.core.metric_figures import RecentValue
from callscope.web.views.distribution import MOST_BARS, DistributionView, view_distribution

MS = Unit(name="milliseconds", symbol="ms")


def value_of(place: int, value: float | bool | str | None, *, role: Role | None = None) -> RecentValue:
    call_id = uuid5(UUID(int=0), str(place))
    state = ValueState.DATA_MISSING if value is None else ValueState.SUCCESS
    reason = "nobody spoke" if value is None else None
    return RecentValue(id=call_id, call_id=call_id, role=role, state=state, value=value, reason=reason)


def of(*values: float | bool | str | None, is_of_calls: bool = True, unit: Unit | None = None) -> DistributionView:
    shown = [value_of(place, value) for place, value in enumerate(values)]
    return view_distribution(shown, "turn_count", unit, is_of_calls=is_of_calls)


@given(st.lists(st.floats(-1e6, 1e9, allow_nan=False), min_size=1, max_size=50))
def test_every_number_stands_in_one_bar(numbers: list[float]) -> None:
    (party,) = of(*numbers).parties
    assert sum(bar.count for bar in party.bars) == len(numbers)
    assert len(party.bars) <= MOST_BARS + 2
    assert max(bar.height for bar in party.bars) == 100


def test_bars_have_round_ends_and_lead_to_the_calls_in_them() -> None:
    (party,) = of(120.0, 180.0, 940.0, unit=MS).parties
    assert party.bars[0].label == "100 ms to 200 ms"
    assert party.bars[0].count == 2
    assert party.bars[0].href == "/calls?metric[turn_count][gte]=100&metric[turn_count][lt]=200"
    assert party.bars[1].href is None, "nothing is behind an empty bar"
    assert dict(party.facts)["Median"] == "180 ms"


@pytest.mark.parametrize("number", [0.0, 7.0, -0.25, 1e9])
def test_one_number_is_one_bar(number: float) -> None:
    (party,) = of(number, number).parties
    assert [bar.count for bar in party.bars] == [2]
    (times,) = of(1700.0, unit=MS).parties
    assert times.bars[0].label == "1.60 s to 1.80 s"


def test_values_of_places_lead_to_no_list_of_calls() -> None:
    (numbers,) = of(1.0, 2.0, is_of_calls=False).parties
    (verdicts,) = of(True, False, True, is_of_calls=False).parties
    assert all(bar.href is None for bar in numbers.bars)
    assert [(label, count, href) for label, count, _, href in verdicts.shares] == [("Yes", 2, None), ("No", 1, None)]


def test_labels_that_come_again_are_shares_and_texts_are_read() -> None:
    (labels,) = of("Billing", "Other", "Billing").parties
    assert [(label, count) for label, count, _, _ in labels.shares] == [("Billing", 2), ("Other", 1)]
    (texts,) = of(*(f"Wants thing {number}" for number in range(30))).parties
    assert texts.shares == ()
    assert texts.texts[0][0] == "Wants thing 0"


def test_parties_and_reasons_stand_apart() -> None:
    values = [value_of(0, 1.0, role=Role.CUSTOMER), value_of(1, 3.0, role=Role.AGENT), value_of(2, None)]
    shown = view_distribution(values, "word_count", None, is_of_calls=True)
    assert [party.party for party in shown.parties] == ["Agent", "Customer"]
    assert shown.reasons == (("nobody spoke", 1),)
    assert [(label, count) for label, count, _, _ in shown.states] == [("A value", 2), ("No data", 1)]
