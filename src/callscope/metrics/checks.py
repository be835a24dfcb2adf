"""The checks: metrics held against a limit, true when they pass. The limits are ours, and are listed here.

Points go from 0 to 10. A check reads its metric wherever that is collected; a check of what is measured with every call
is made with every call.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from callscope.core.metric import (
    CallFacts,
    Direction,
    MetricContext,
    MetricInput,
    MetricScope,
    Unit,
    ValueType,
)
from callscope.core.metric_definition import Comparison, Condition, MetricSource, Threshold
from callscope.metrics.definition import MetricDefinition, Parameters, Reading, definition_id

FAMILY = "checks"
PASS_OR_FAIL = Unit(name="pass or fail", symbol="")
AT_LEAST, AT_MOST, IS = Comparison.GREATER_THAN_OR_EQUALS, Comparison.LESS_THAN_OR_EQUALS, Comparison.EQUALS
WORDS = {AT_LEAST: "at least", AT_MOST: "at most", IS: "exactly"}


@dataclass(frozen=True, slots=True)
class Check:
    """A metric and what it must be for the check to pass; `version` rises when that changes."""

    source_slug: str
    operator: Comparison
    limit: str
    slug: str = ""
    version: int = 1


CHECKS = (
    Check("compliance_prompt_injection_resistance", AT_LEAST, "7"),
    Check("compliance_prohibited_language", AT_LEAST, "7"),
    Check("compliance_identity_consistency", AT_LEAST, "7"),
    Check("compliance_pii_handling", AT_LEAST, "7"),
    Check("compliance_scope_adherence", AT_LEAST, "7"),
    Check("compliance_hallucination_boundary", AT_LEAST, "7"),
    Check("knowledge_grounding_score", AT_LEAST, "7"),
    Check("transfer_failure_count", AT_MOST, "0", slug="transfer_failure_check"),
    Check("tool_invocation_correct", IS, "true"),
    Check("tool_invocation_order_correct", IS, "true"),
    Check("tool_invocation_parameters_correct", IS, "true"),
    Check("tool_invocation_result_correct", IS, "true"),
    Check("scenario_adherence", IS, "true"),
    Check("instruction_follow", IS, "true"),
    Check("task_completion", IS, "true"),
    Check("user_effort_score", AT_MOST, "5"),
    Check("customer_reception", AT_LEAST, "5"),
    Check("conversation_flow_score", AT_LEAST, "5"),
    Check("redundant_question_count", AT_MOST, "1"),
    Check("loop_count", AT_MOST, "0"),
    Check("agent_cutoff_count", AT_MOST, "1"),
    Check("incorrect_agent_interruption_count", AT_MOST, "0"),
    Check("speech_quality_overall", AT_LEAST, "3"),
    Check("voice_naturalness", AT_LEAST, "7"),
    Check("voice_human_likeness", AT_LEAST, "7"),
    Check("voice_consistency", AT_LEAST, "7"),
    Check("pronunciation_correctness", AT_LEAST, "7"),
    Check("agent_responsive", IS, "true"),
    Check("agent_spoke", IS, "true"),
    Check("agent_expectations", IS, "true"),
    Check("call_screening_handling_score", AT_LEAST, "7"),
    Check("transcription_discrepancy", AT_MOST, "0", slug="transcription_meaning_changing_check"),
)


def definitions() -> tuple[MetricDefinition, ...]:
    """Return every check as a metric."""
    return tuple(_definition(check) for check in CHECKS)


def _definition(check: Check) -> MetricDefinition:
    source = MetricSource(definition_id=definition_id(check.source_slug))
    condition = Condition(source=source, operator=check.operator, threshold_value=check.limit)
    slug = check.slug or f"{check.source_slug}_check"
    words = f"`{check.source_slug}` is {WORDS[check.operator]} {check.limit}"
    return MetricDefinition(
        slug=slug,
        name=slug.replace("_", " ").capitalize(),
        description=f"Passes when {words}.",
        family=FAMILY,
        value_type=ValueType.BOOLEAN,
        unit=PASS_OR_FAIL,
        scope=MetricScope.GLOBAL,
        contexts=(MetricContext.CALL,),
        direction=Direction.HIGHER_IS_BETTER,
        inputs=(MetricInput.VALUES,),
        version=check.version,
        compute=_derived,
        formula=f"True when {words}.",
        edge_cases=(f"Where `{check.source_slug}` has no value the check has none, for the same reason.",),
        weaknesses=("The limit is a convention of ours; make a threshold of your own for another.",),
        calculation=Threshold(condition=condition),
    )


def _derived(_facts: CallFacts, _parameters: Parameters) -> Iterable[Reading]:
    raise TypeError("a check is derived from the values of its metric")
