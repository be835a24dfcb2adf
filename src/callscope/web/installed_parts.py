"""Which parts the operator switched on, so that pages can say what is missing instead of showing nothing."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledParts:
    """Parts beyond the bare installation; whether there is a judge is a matter of each project.

    No project's traces are kept longer than `trace_retention_days`.
    """

    judges_voice_quality: bool
    transcribes_beside_brought: bool
    trace_retention_days: float
