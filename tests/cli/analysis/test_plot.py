"""The picture of who spoke when."""

import re
from xml.etree import ElementTree as ET

from callscope.cli.analysis.plot import draw_conversation
from callscope.core.recording import InputReport, LineSound, SoundKind
from callscope.metrics.example import EXAMPLE
from tests.support.channel_reports import channel_report, facts_with
from tests.support.conversations import CUSTOMER

SVG = "{http://www.w3.org/2000/svg}"


def drawing(stretch: tuple[int, int], *, row_ms: int | None = None, report: InputReport | None = None) -> ET.Element:
    assert EXAMPLE.conversation is not None
    return ET.fromstring(  # noqa: S314 - our own document
        draw_conversation(EXAMPLE.conversation, stretch, row_ms=row_ms, report=report)
    )


def words(picture: ET.Element) -> list[str]:
    return [text.text or "" for text in picture.iter(f"{SVG}text")]


def boxes(picture: ET.Element, colour: str) -> list[tuple[float, float]]:
    """Return place and width of every box of a colour."""
    found = [one for one in picture.iter(f"{SVG}rect") if one.get("fill") == colour]
    return [(float(one.get("x", "0")), float(one.get("width", "0"))) for one in found]


def test_speech_lies_where_it_was_said() -> None:
    picture = drawing((0, 9000), row_ms=9000)
    assert boxes(picture, "#2166ac")[0] == (84 + 80, 250)
    assert boxes(picture, "#b35806") == [(84 + 395, 295)]


def test_gaps_interruptions_backchannels_and_dead_air_are_named() -> None:
    told = words(drawing((0, 34_600)))
    assert "650 ms" in words(drawing((0, 9000), row_ms=9000))
    assert "customer interrupts, agent stops after 600 ms" in told
    assert "customer interrupts, agent goes on" in told
    assert "backchannel" in told
    assert "dead air 4.5 s" in told


def test_a_long_call_goes_on_in_rows() -> None:
    picture = drawing((0, 34_600))
    assert words(picture).count("agent") == 2
    assert len(words(drawing((0, 12 * 3_600_000)))) < 2000


def test_sounds_of_the_line_are_drawn_in_their_channel() -> None:
    ringing = LineSound(kind=SoundKind.RINGING, start_offset_ms=0, end_offset_ms=700)
    facts = facts_with(channel_report(0, CUSTOMER, sounds=(ringing,)))
    assert facts.recording is not None
    picture = drawing((0, 9000), row_ms=9000, report=facts.recording.report)
    assert boxes(picture, "#cccccc") == [(84, 70)]
    assert "ringing" in words(picture)


def test_the_same_call_is_drawn_the_same_way() -> None:
    assert EXAMPLE.conversation is not None
    first, second = (draw_conversation(EXAMPLE.conversation, (0, 34_600)) for _ in range(2))
    assert first == second
    assert not re.search(r"\d\.\d{4,}", first)
