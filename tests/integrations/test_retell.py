import hashlib
import hmac
from datetime import timedelta

import pytest

from callscope.core.call import CallDirection, EndedStatus, InterfaceType, Role
from callscope.core.errors import InvalidInput
from callscope.core.integration import CallPhase
from callscope.integrations import retell
from tests.support.api import NOW
from tests.support.provider_messages import retell_event

SECRET = "key_0123"


def signed(body: bytes, unix_ms: int) -> str:
    return f"v={unix_ms},d={hmac.new(SECRET.encode(), body + str(unix_ms).encode(), hashlib.sha256).hexdigest()}"


@pytest.mark.parametrize("event", ["call_ended", "call_analyzed"])
def test_an_ended_call(event: str) -> None:
    news = retell.report(retell_event(event, recording_url="https://r.example/a.wav"), NOW)

    assert (news.call_ref, news.phase, news.recording_url) == ("call_1", CallPhase.ENDED, "https://r.example/a.wav")
    assert (news.direction, news.interface_type) == (CallDirection.INBOUND, InterfaceType.PHONE)
    assert news.ended_status is EndedStatus.CUSTOMER_ENDED_CALL
    assert news.customer.phone_number_e164 == "+14155550101"
    assert [(one.role, one.start_offset_ms, one.end_offset_ms) for one in news.transcript] == [
        (Role.AGENT, 300, 650),
        (Role.CUSTOMER, 1500, 2250),
        (Role.AGENT, 4000, 4550),
    ]
    payload = news.transcript[0].payload
    assert payload is not None
    assert payload["words"][0] == {"text": "Hello", "startOffsetMs": 300, "endOffsetMs": 450}


@pytest.mark.parametrize(("has_times", "span_ms"), [(True, (2500, 3500)), (False, (2250, 2250))])
def test_tools_lie_by_their_times_else_after_what_was_said(has_times: bool, span_ms: tuple[int, int]) -> None:
    news = retell.report(retell_event("call_ended", has_tool_times=has_times), NOW)

    (tool,) = news.tools
    assert (tool.name, tool.parameters, tool.result) == ("look_up", {"order": 7}, "sent")
    assert (tool.start_offset_ms, tool.end_offset_ms) == span_ms


def test_the_customer_of_an_outbound_call_is_the_one_called() -> None:
    news = retell.report(retell_event("call_ended", direction="outbound"), NOW)

    assert news.direction is CallDirection.OUTBOUND
    assert news.customer.phone_number_e164 == "+14155550100"


def test_events_of_a_running_call() -> None:
    phases = {
        "call_started": CallPhase.STARTED,
        "transcript_updated": CallPhase.RUNNING,
        "call_analyzed": CallPhase.EXPLAINED,
    }
    for event, phase in phases.items():
        news = retell.news(retell_event(event), NOW)
        assert news is not None
        assert news.phase is phase
    assert retell.news(retell_event("transfer_started"), NOW) is None
    with pytest.raises(InvalidInput, match="must be `call_ended`"):
        retell.report(retell_event("call_started"), NOW)


def test_signatures() -> None:
    body, now_ms = b'{"event":"call_ended"}', round(NOW.timestamp() * 1000)

    assert retell.is_signed(body, signed(body, now_ms), secret=SECRET, at=NOW)
    assert not retell.is_signed(body + b" ", signed(body, now_ms), secret=SECRET, at=NOW)
    assert not retell.is_signed(body, signed(body, now_ms), secret="another", at=NOW)
    assert not retell.is_signed(body, signed(body, now_ms), secret=SECRET, at=NOW + timedelta(minutes=6))
    assert not retell.is_signed(body, "", secret=SECRET, at=NOW)
