"""The names of the durable jobs, `noun.verb`. A name outlives a release: jobs of it may lie in a database."""

from enum import StrEnum


class JobName(StrEnum):
    """What a worker can be asked to do."""

    MEASURE_TRANSCRIPT = "transcript.measure"
    FETCH_RECORDING = "recording.fetch"
    MEASURE_RECORDING = "recording.measure"
    CONCLUDE_ANALYSIS = "analysis.conclude"
    DRAIN_TRACES = "trace.drain"
    REPLAY_TRACES = "trace.replay"
    EXPIRE_TRACES = "trace.expire"


DEFAULT_QUEUE = "default"
TRACES_QUEUE = "traces"
"""Jobs about traces wait in a line of their own, so that no recording under measurement holds them up."""
