"""The names of the durable jobs, `noun.verb`. A name outlives a release: jobs of it may lie in a database."""

from enum import StrEnum


class JobName(StrEnum):
    """What a worker can be asked to do."""

    MEASURE_TRANSCRIPT = "transcript.measure"
    FETCH_RECORDING = "recording.fetch"
    MEASURE_RECORDING = "recording.measure"
    TRANSCRIBE_RECORDING = "recording.transcribe"
    CONCLUDE_ANALYSIS = "analysis.conclude"
    DRAIN_TRACES = "trace.drain"
    REPLAY_TRACES = "trace.replay"
    EXPIRE_TRACES = "trace.expire"
    COLLECT_METRICS = "metric.collect"
    DESCRIBE_CALL = "call.describe"
    MEASURE_TRACES = "trace.measure"
    MEASURE_TOOLS = "tool.measure"
    READ_MESSAGE = "message.read"
    SWEEP_LIVE_CALLS = "live_call.sweep"
    HEAR_LIVE_CALL = "live_call.hear"
    DELIVER_EVENT = "event.deliver"
    REDELIVER_EVENT = "event.redeliver"
    EXPIRE_DELIVERIES = "event.expire"
    REMOVE_DELETED_CALLS = "call.remove"
    APPLY_RETENTION = "retention.apply"


TRACE_ARGUMENT = "traceparent"
"""The argument of any job that names the span of the service's own traces it goes on from."""

SHORT_QUEUE = "short"
NETWORK_QUEUE = "network"
AUDIO_QUEUE = "audio"
SPEECH_QUEUE = "speech"
TRACES_QUEUE = "traces"
METRICS_QUEUE = "metrics"
LIVE_QUEUE = "live"
HEARING_QUEUE = "hearing"
EVENTS_QUEUE = "events"
EVENT_RETRIES_QUEUE = "event_retries"
LIFETIMES_QUEUE = "lifetimes"

QUEUE_OF_JOB = {
    JobName.MEASURE_TRANSCRIPT: SHORT_QUEUE,
    JobName.FETCH_RECORDING: NETWORK_QUEUE,
    JobName.MEASURE_RECORDING: AUDIO_QUEUE,
    JobName.TRANSCRIBE_RECORDING: SPEECH_QUEUE,
    JobName.CONCLUDE_ANALYSIS: SHORT_QUEUE,
    JobName.DRAIN_TRACES: TRACES_QUEUE,
    JobName.REPLAY_TRACES: TRACES_QUEUE,
    JobName.EXPIRE_TRACES: TRACES_QUEUE,
    JobName.COLLECT_METRICS: METRICS_QUEUE,
    JobName.DESCRIBE_CALL: METRICS_QUEUE,
    JobName.MEASURE_TRACES: TRACES_QUEUE,
    JobName.MEASURE_TOOLS: SHORT_QUEUE,
    JobName.READ_MESSAGE: LIVE_QUEUE,
    JobName.SWEEP_LIVE_CALLS: LIVE_QUEUE,
    JobName.HEAR_LIVE_CALL: HEARING_QUEUE,
    JobName.DELIVER_EVENT: EVENTS_QUEUE,
    JobName.REDELIVER_EVENT: EVENT_RETRIES_QUEUE,
    JobName.EXPIRE_DELIVERIES: LIFETIMES_QUEUE,
    JobName.REMOVE_DELETED_CALLS: LIFETIMES_QUEUE,
    JobName.APPLY_RETENTION: LIFETIMES_QUEUE,
}
"""A line for each thing waited for, so that a slow download or a long recording holds up nothing but its like."""

FAIR_QUEUES = frozenset((NETWORK_QUEUE, AUDIO_QUEUE, SPEECH_QUEUE))
"""Lines whose jobs take seconds to minutes: projects take turns in them."""

LINES_OF_A_WORKER = len(set(QUEUE_OF_JOB.values()))
"""Every worker works at every line."""

SWEEP_MINUTE = 17
"""Of every hour: when what is past its time is deleted."""
