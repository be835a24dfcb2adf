"""The names of the durable jobs, `noun.verb`. A name outlives a release: jobs of it may lie in a database."""

from enum import StrEnum


class JobName(StrEnum):
    """What a worker can be asked to do."""

    MEASURE_TRANSCRIPT = "transcript.measure"
    FETCH_RECORDING = "recording.fetch"
    MEASURE_RECORDING = "recording.measure"
    CONCLUDE_ANALYSIS = "analysis.conclude"
