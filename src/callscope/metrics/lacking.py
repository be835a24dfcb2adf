"""Metrics of the contract that no part of Callscope computes: declared, so that every read says what is missing."""

from collections.abc import Iterable

from callscope.core.call import Role
from callscope.core.metric import (
    CallFacts,
    Direction,
    MetricContext,
    MetricScope,
    Unit,
    ValueType,
)
from callscope.core.metric_policy import SettingName
from callscope.metrics.definition import MetricDefinition, Parameters, Reading

FAMILY = "voice"
POINTS = Unit(name="points of 10", symbol="/10")
PLUGIN = "A plug-in can bring it: an entry point of the group `callscope.metrics` with a metric of this slug."


def lacking(
    *,
    slug: str,
    name: str,
    description: str,
    value_type: ValueType,
    direction: Direction,
    takes: str,
    instead: str,
    roles: tuple[Role, ...] = (Role.AGENT,),
    unit: Unit | None = None,
    setting: SettingName | None = None,
) -> MetricDefinition:
    """Return a metric without values. `takes` says what would compute it, `instead` what comes nearest to it here."""
    return MetricDefinition(
        slug=slug,
        name=name,
        description=description,
        family=FAMILY,
        value_type=value_type,
        unit=unit,
        scope=MetricScope.PER_PARTICIPANT,
        contexts=(MetricContext.CALL,),
        direction=direction,
        inputs=(),
        version=1,
        compute=_uncomputed,
        formula=f"None. {instead}",
        edge_cases=("It is declared, so that checks and policies can name it.",),
        weaknesses=("Nothing measures it, so it has no value and a check that reads it neither passes nor fails.",),
        roles=roles,
        setting=setting,
        lacks=f"{takes} Callscope comes with none. {PLUGIN}",
    )


def _uncomputed(_facts: CallFacts, _parameters: Parameters) -> Iterable[Reading]:
    raise TypeError("what is lacking is not computed")
