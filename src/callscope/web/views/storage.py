"""What the page of what is kept shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from callscope.core.kept_data import KeptData, NextSweep
from callscope.core.project_rules import ProjectRules
from callscope.web.formatting import size


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How long one kind of data is kept: a field of the form, the column it is, and what goes when the time is over."""

    name: str
    column: str
    label: str
    removes: str


RULES = (
    Rule(
        name="recordings",
        column="recording_retention_days",
        label="Recordings, days",
        removes="Recordings and their waveforms go; what was measured of them stays.",
    ),
    Rule(
        name="transcripts",
        column="transcript_retention_days",
        label="Transcripts, days",
        removes="Transcripts, titles, summaries and the requests they came in go; turns and metric values stay.",
    ),
    Rule(
        name="traces",
        column="trace_retention_days",
        label="Traces, days",
        removes="Traces go; what was measured of them stays.",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleView:
    """A field of the form."""

    name: str
    label: str
    days: str
    hint: str
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoragePage:
    """The page but for the figures. `leaving` are the lines of what the next sweep removes."""

    rules: tuple[RuleView, ...]
    sweep_at: datetime
    leaving: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptView:
    """One project's line of the figures."""

    project: str
    calls: str
    recordings: str
    recordings_size: str
    transcripts: str
    transcripts_size: str
    traces: str
    spans: str
    traces_size: str


def build_storage_page(
    rules: ProjectRules,
    sweep: NextSweep,
    *,
    longest_trace_days: float,
    given: Mapping[str, str],
    problems: Mapping[str, str],
) -> StoragePage:
    """Return the page. `given` are fields as they were filled in, `problems` what is wrong with them."""
    return StoragePage(
        rules=tuple(_view_rule(rule, rules, longest_trace_days, given, problems) for rule in RULES),
        sweep_at=sweep.at,
        leaving=_leaving(sweep),
    )


def view_kept(kept: KeptData) -> KeptView:
    """Return one project's line."""
    return KeptView(
        project=kept.project_name,
        calls=f"{kept.call_count:,}",
        recordings=f"{kept.recording_count:,}",
        recordings_size=size(kept.recording_bytes),
        transcripts=f"{kept.transcript_count:,}",
        transcripts_size=size(kept.transcript_bytes),
        traces=f"{kept.trace_count:,}",
        spans=f"{kept.span_count:,}",
        traces_size=size(kept.trace_bytes),
    )


def _view_rule(
    rule: Rule, rules: ProjectRules, longest_trace_days: float, given: Mapping[str, str], problems: Mapping[str, str]
) -> RuleView:
    days = getattr(rules, rule.column)
    bound = f" This installation keeps none longer than {longest_trace_days:g} days." if rule.name == "traces" else ""
    return RuleView(
        name=rule.name,
        label=rule.label,
        days=given.get(rule.name, "" if days is None else str(days)),
        hint=rule.removes + bound,
        problem=problems.get(rule.name, ""),
    )


def _leaving(sweep: NextSweep) -> tuple[str, ...]:
    words_go = " loses its words" if sweep.wordless_call_count == 1 else " lose their words"
    lines = (
        (sweep.recording_count, "recording", f", {size(sweep.recording_bytes)}"),
        (sweep.wordless_call_count, "call", words_go),
        (sweep.trace_count, "trace", ""),
        (sweep.deleted_call_count, "deleted call", ", with everything that is left of it"),
    )
    return tuple(f"{count:,} {noun}{'' if count == 1 else 's'}{rest}" for count, noun, rest in lines if count)
