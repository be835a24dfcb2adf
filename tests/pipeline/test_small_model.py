"""A real language model as the judge: what it answers is its own, what becomes of its answers is ours.

It has 135 million parameters, so its verdicts are worth nothing; whether they are taken does not follow from that.
"""

import asyncio
import json
from collections.abc import Iterator

import pytest
from typer.testing import CliRunner

from callscope.cli.main import app
from callscope.core.metric import ValueState
from callscope.metrics.judging.answer import quoted_in
from callscope.metrics.judging.dialogue import MOST_TRIES
from callscope.metrics.judging.material import lines_of
from callscope.pipeline.context import PipelineContext
from callscope.services import costs, transcripts
from tests.support.collecting import a_call, collect, judged_by, values_of
from tests.support.small_model_server import CONSTRAINED, FREE, SmallModel, running_small_model, why_absent

pytestmark = pytest.mark.skipif(why_absent() is not None, reason=why_absent() or "")
AGAIN = "Give your whole answer again."


@pytest.fixture(scope="module")
def small_model() -> Iterator[SmallModel]:
    with running_small_model() as model:
        yield model


async def test_its_answers_are_checked_against_the_call(
    context: PipelineContext, database_url: str, small_model: SmallModel
) -> None:
    asked_before = len(small_model.exchanges())
    async with judged_by(context, database_url, small_model.rules(CONSTRAINED)) as pipeline:
        call = await a_call(pipeline.sessions)
        job = await collect(pipeline, call, "transfer_requested")
        (value,) = await values_of(pipeline, call, "transfer_requested")
        async with pipeline.sessions() as session:
            transcript = await transcripts.read_transcript(session, call.project_id, call.id)
            used = {item.unit: item.quantity for item in await costs.read_cost(session, call.project_id, call.id)}
    assert transcript is not None
    lines = lines_of(transcript.entries)
    exchanges = small_model.exchanges()[asked_before:]
    answer = json.loads(exchanges[-1].answered)

    assert 1 <= len(exchanges) <= MOST_TRIES
    assert all(exchange.asked.endswith(AGAIN) for exchange in exchanges[1:])
    assert set(answer) == {"evidence", "reasoning", "applies", "value", "confidence"}
    assert used["INPUT_TOKENS"] > 100 * len(exchanges)
    assert used["OUTPUT_TOKENS"] > 0
    reasoning = answer["reasoning"].strip()
    is_quoted = all(quoted_in(item["quote"], lines) for item in answer["evidence"])
    if value.state is ValueState.ERROR:
        assert (len(exchanges), job.status) == (MOST_TRIES, "FAILED")
        assert not is_quoted or not 0 <= answer["confidence"] <= 1 or answer["value"] is None or not reasoning
    else:
        assert is_quoted
        assert value.value == (answer["value"] if answer["applies"] else None)
        assert value.reason == reasoning


async def test_what_is_no_json_is_rejected_asked_again_and_reported(
    monkeypatch: pytest.MonkeyPatch, small_model: SmallModel
) -> None:
    monkeypatch.setenv("CALLSCOPE_FETCH_ALLOW_NETWORKS", "127.0.0.0/8")
    monkeypatch.setenv("CALLSCOPE_JUDGE_TIMEOUT_S", "600")
    asked_before = len(small_model.exchanges())
    endpoint = small_model.rules(FREE).endpoint
    assert endpoint is not None
    arguments = ["--url", endpoint.url, "--model", FREE, "--metric", "voicemail_agent_left_message"]
    result = await asyncio.to_thread(CliRunner().invoke, app, ["judge", "agreement", *arguments])
    exchanges = small_model.exchanges()[asked_before:]

    assert result.exit_code == 0, result.output
    assert [exchange.asked.endswith(AGAIN) for exchange in exchanges] == [False, True, True]
    assert all(exchange.asked.startswith("Your answer") for exchange in exchanges[1:])
    assert result.output.splitlines()[1].split()[:5] == ["voicemail_agent_left_message", "0", "of", "1", "0"]
    assert "3 requests" in result.output
