from callscope.core.metric import ValueState
from callscope.pipeline.context import PipelineContext
from callscope.services import analyses
from tests.pipeline.test_transcribing import STEREO, answering, pipeline_with, transcribed
from tests.support.recording_server import RecordingServer

SLUGS = {"transcription_wer", "transcription_score", "transcription_discrepancy"}


async def test_words_recognised_beside_brought_ones_make_the_agreement_metrics(
    context: PipelineContext, database_url: str, server: RecordingServer
) -> None:
    async with pipeline_with(context, database_url, answering(server), beside_brought=True) as pipeline:
        call, _, _ = await transcribed(pipeline, server, body=STEREO.read_bytes(), has_lines=True)
        async with pipeline.sessions() as session:
            found = await analyses.read_values_of_calls(
                session, call.project_id, [call.id], slugs=SLUGS, evidence_limit=3
            )
    values = found[call.id]
    assert {value.slug for value in values} == SLUGS
    assert {value.state for value in values} == {ValueState.SUCCESS}
    assert all("was written as" in span.reason or "was added" in span.reason for v in values for span in v.evidence)
    assert next(value for value in values if value.slug == "transcription_discrepancy").value
