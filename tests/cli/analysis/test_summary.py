import io

import pytest
from rich.console import Console

from callscope.cli.analysis.summary import position, print_summary
from callscope.services.measuring import Measurement
from tests.support.measurements import example_measurement, untimed_measurement


def printed(measurement: Measurement) -> str:
    console = Console(file=io.StringIO(), width=120, highlight=False)
    print_summary(console, "call.wav", measurement)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def lines_with(text: str, *words: str) -> list[str]:
    return [line for line in text.splitlines() if all(word in line.split() for word in words)]


@pytest.mark.parametrize(("offset_ms", "shown"), [(0, "0:00.0"), (75_632, "1:15.6"), (3_600_000, "60:00.0")])
def test_positions_are_minutes_seconds_and_tenths(offset_ms: int, shown: str) -> None:
    assert position(offset_ms) == shown


def test_it_says_who_spoke_when() -> None:
    text = printed(example_measurement())
    assert lines_with(text, "0:03.9", "0:06.9", "customer", "650", "ms")
    assert lines_with(text, "0:10.7", "customer", "backchannel")
    assert lines_with(text, "0:12.8", "customer", "interrupts")


def test_it_gives_response_times_with_percentiles() -> None:
    assert lines_with(printed(example_measurement()), "agent", "4", "700", "1080", "1140", "775", "1200")


def test_it_tells_how_interruptions_went() -> None:
    text = printed(example_measurement())
    assert "the agent stopped after 600 ms" in text
    assert "the agent kept talking" in text


def test_it_shows_values_with_units_and_absent_ones_with_reasons() -> None:
    assert lines_with(printed(example_measurement()), "talk_to_listen_ratio", "0.614", "ratio")
    text = printed(untimed_measurement("One channel [both] parties."))
    assert text.count("Data missing: One channel [both] parties.") >= 2
    assert "Data missing: One channel [both] parties.\n" in text
    assert "longest_pause, response_time (agent), response_time (customer)" in text
    assert "nobody could be timed: One channel [both] parties." in text
    assert "Who spoke when" not in text


def test_it_gives_findings_with_remedies_or_says_there_are_none() -> None:
    text = printed(example_measurement())
    assert "warning: The customer is audible at -24 dB." in text
    assert "Record each party on its own channel." in text
    assert "nothing odd about the recording" in printed(example_measurement(findings=()))
