import pytest

from callscope.core.metric import Unit
from callscope.web.formatting import call_count, clock, constant_words, duration, moment_link, quantity, span, statistic

MILLISECONDS = Unit(name="milliseconds", symbol="ms")
RATIO = Unit(name="ratio", symbol="ratio")
TURNS = Unit(name="turns", symbol="turns")


@pytest.mark.parametrize(
    ("at_ms", "shown"),
    [(0, "0:00.0"), (83_249, "1:23.2"), (59_999, "0:59.9"), (3_661_500, "1:01:01.5"), (-5, "0:00.0")],
)
def test_clock(at_ms: int, shown: str) -> None:
    assert clock(at_ms) == shown


@pytest.mark.parametrize(
    ("length_ms", "shown"), [(0, "0 ms"), (350, "350 ms"), (1217, "1.22 s"), (12_340, "12.3 s"), (75_632, "1 min 16 s")]
)
def test_span(length_ms: int, shown: str) -> None:
    assert span(length_ms) == shown


@pytest.mark.parametrize(("length_ms", "shown"), [(45_400, "45 s"), (125_000, "2 min 05 s"), (7_320_000, "2 h 02 min")])
def test_duration(length_ms: int, shown: str) -> None:
    assert duration(length_ms) == shown


def test_a_link_never_leads_before_the_start() -> None:
    assert (moment_link(83_200), moment_link(-400)) == ("#t=83.2", "#t=0.0")


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (1217, MILLISECONDS, "1.22 s"),
        (0.042, RATIO, "4.2 %"),
        (1, TURNS, "1 turn"),
        (0, TURNS, "0 turns"),
        (1234, TURNS, "1,234 turns"),
        (True, None, "yes"),
        ("Completed", None, "Completed"),
    ],
)
def test_quantity(value: float | bool | str, unit: Unit | None, shown: str) -> None:
    assert quantity(value, unit) == shown


def test_counts_never_get_the_unit_of_the_value() -> None:
    assert statistic("count", 5, MILLISECONDS) == "5"
    assert statistic("started_in_overlap_count", 2, MILLISECONDS) == "2"
    assert statistic("p95", 1217, MILLISECONDS) == "1.22 s"
    assert statistic("p95", None, MILLISECONDS) == "none"


def test_constants_read_as_words() -> None:
    assert constant_words("CUSTOMER_ENDED_CALL") == "Customer ended call"


@pytest.mark.parametrize(
    ("count", "is_counted_out", "shown"),
    [(0, True, "0 calls"), (1, True, "1 call"), (1999, True, "1,999 calls"), (2000, False, "2,000 or more calls")],
)
def test_call_count(count: int, is_counted_out: bool, shown: str) -> None:
    assert call_count(count, is_counted_out=is_counted_out) == shown
