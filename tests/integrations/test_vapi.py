import pytest

from callscope.core.call import CallDirection, EndedStatus, InterfaceType, Role
from callscope.core.errors import InvalidInput
from callscope.core.integration import CallPhase
from callscope.core.new_call import AgentByName, EndpointByValue
from callscope.integrations import vapi
from tests.support.api import NOW
from tests.support.provider_messages import VAPI_ID, vapi_older_report, vapi_report, vapi_status, vapi_update


@pytest.mark.parametrize("report", [vapi_report(), vapi_older_report(), vapi_report()["message"]])
def test_a_report_of_any_version_tells_the_call(report: dict[str, object]) -> None:
    news = vapi.report(report, NOW)

    assert (news.call_ref, news.vapi_call_id, news.phase) == (VAPI_ID, VAPI_ID, CallPhase.ENDED)
    assert (news.direction, news.interface_type) == (CallDirection.INBOUND, InterfaceType.PHONE)
    assert (news.ended_status, news.summary) == (
        EndedStatus.CUSTOMER_ENDED_CALL,
        "The customer asked for an order.",
    )
    assert news.started_at is not None
    assert news.ended_at is not None
    assert (news.ended_at - news.started_at).total_seconds() == 6.5
    assert [(one.role, one.start_offset_ms, one.end_offset_ms) for one in news.transcript] == [
        (Role.AGENT, 400, 1900),
        (Role.CUSTOMER, 2500, 3500),
        (Role.AGENT, 5000, 6000),
    ]
    (tool,) = news.tools
    assert (tool.name, tool.parameters, tool.result) == ("look_up", {"order": 7}, {"state": "sent"})
    assert (tool.start_offset_ms, tool.end_offset_ms) == (4000, 4500)
    assert news.recording_url is not None
    assert news.recording_url.endswith("mono.wav")
    assert news.stereo_recording_url is not None
    assert news.stereo_recording_url.endswith("stereo.wav")


def test_parties_and_words_are_kept() -> None:
    news = vapi.report(vapi_report(), NOW)

    assert news.agent is not None
    assert news.agent.identity == AgentByName(name="Desk", custom_id="asst-1", description=None)
    assert news.agent.endpoint == EndpointByValue(type="PHONE", value="+14155550100", direction=None)
    assert news.agent.prompt == "You answer the phone."
    assert (news.customer.phone_number_e164, news.customer.label) == ("+14155550101", "Ada")
    assert news.transcript[1].payload == {
        "words": [
            {"text": "Where", "startOffsetMs": 2500, "endOffsetMs": 2700, "confidence": 0.98},
            {"text": "is", "startOffsetMs": 2700, "endOffsetMs": 2800, "confidence": 0.99},
        ]
    }


@pytest.mark.parametrize(
    ("reason", "status"),
    [
        ("assistant-ended-call", EndedStatus.AGENT_ENDED_CALL),
        ("silence-timed-out", EndedStatus.SILENCE_TIME_OUT),
        ("pipeline-error-openai-llm-failed", EndedStatus.AGENT_ERROR),
        ("something-new", EndedStatus.UNKNOWN),
        (None, EndedStatus.UNKNOWN),
    ],
)
def test_reasons_are_mapped(reason: str | None, status: EndedStatus) -> None:
    assert vapi.ended_status(reason) is status


def test_messages_of_a_running_call() -> None:
    started = vapi.news(vapi_status("in-progress"), NOW)
    assert started is not None
    assert (started.phase, started.transcript) == (CallPhase.STARTED, ())
    update = vapi.news(vapi_update(3), NOW)
    assert update is not None
    assert (update.phase, len(update.transcript)) == (CallPhase.RUNNING, 2)
    assert vapi.news(vapi_status("ringing"), NOW) is None
    assert vapi.news({"message": {"type": "speech-update", "call": {"id": "x"}}}, NOW) is None


@pytest.mark.parametrize("message", [{}, {"message": {"type": "hang"}}, {"message": {"call": {"id": "x"}}}])
def test_a_message_about_no_call_is_refused(message: dict[str, object]) -> None:
    with pytest.raises(InvalidInput, match="is missing"):
        vapi.call_ref(message)
