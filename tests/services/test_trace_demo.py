"""The demo's calls and traces: a trace made late and slow by known amounts comes back to where it was made."""

import pytest

from callscope.services.measuring import measure_recording
from callscope.traces.attribution import attribute
from callscope.traces.decode import decode_spans
from callscope.traces.payload import MediaType, read_payload
from tests.support.demo_calls import DEMO


@pytest.mark.parametrize(
    ("name", "recording", "late_ms", "answer_count"),
    [("double-charge", "double-charge.ogg", 1350, 5), ("refund-follow-up", "refund-follow-up.mp3", 820, 5)],
)
def test_a_trace_is_laid_where_it_was_made(name: str, recording: str, late_ms: int, answer_count: int) -> None:
    measured = measure_recording(DEMO / "recordings" / recording)
    payload = read_payload((DEMO / "traces" / f"{name}.json").read_bytes(), MediaType.JSON)
    found = attribute(list(decode_spans(payload)), measured.conversation, started_unix_ms=0.0)
    assert found.alignment is not None, found.reason
    assert found.alignment.sample_0_unix_ms == pytest.approx(late_ms, abs=found.alignment.uncertainty_ms)
    assert found.alignment.uncertainty_ms < 200
    assert len(found.splits) == answer_count
    for split in found.splits:
        assert split.unexplained_ms is not None
        assert 0 <= split.unexplained_ms < split.heard_ms / 4
        assert split.reported_ms is not None
