"""Whether a call fits a policy."""

from collections.abc import Callable, Mapping

from callscope.core.call import Call, PropertyValue
from callscope.core.integration import Integration
from callscope.core.metric_policy import ConditionOperator, ConditionType, MetricPolicy, PolicyCondition
from callscope.core.property_name import stored_name

_TEXT: Mapping[ConditionOperator, Callable[[str, str], bool]] = {
    ConditionOperator.EQUALS: lambda found, wanted: found == wanted,
    ConditionOperator.NOT_EQUALS: lambda found, wanted: found != wanted,
    ConditionOperator.CONTAINS: lambda found, wanted: wanted in found,
    ConditionOperator.STARTS_WITH: lambda found, wanted: found.startswith(wanted),
}
_ORDER: Mapping[ConditionOperator, Callable[[float, float], bool]] = {
    ConditionOperator.EQUALS: lambda found, wanted: found == wanted,
    ConditionOperator.NOT_EQUALS: lambda found, wanted: found != wanted,
    ConditionOperator.GREATER_THAN: lambda found, wanted: found > wanted,
    ConditionOperator.LESS_THAN: lambda found, wanted: found < wanted,
    ConditionOperator.GREATER_THAN_OR_EQUALS: lambda found, wanted: found >= wanted,
    ConditionOperator.LESS_THAN_OR_EQUALS: lambda found, wanted: found <= wanted,
}


def fits(policy: MetricPolicy, call: Call, properties: Mapping[str, PropertyValue]) -> bool:
    """Tell whether a policy speaks of a call; `properties` are all of the call's, those Callscope sets included."""
    if not policy.groups:
        return True
    return any(all(_holds(condition, call, properties) for condition in group) for group in policy.groups)


def _holds(condition: PolicyCondition, call: Call, properties: Mapping[str, PropertyValue]) -> bool:
    if condition.type is ConditionType.CALL_PROPERTY:
        return _compares(condition, properties.get(stored_name(condition.key)))
    known = {
        ConditionType.AGENT: [str(agent.id) for agent in call.agents],
        ConditionType.CALL_SOURCE: [call.source],
        ConditionType.INTEGRATION: [call.source, *(one.value for one in Integration if one.source == call.source)],
    }[condition.type]
    is_named = condition.key.casefold() in (each.casefold() for each in known)
    return is_named is not (condition.operator is ConditionOperator.NOT_EQUALS)


def _compares(condition: PolicyCondition, found: PropertyValue | None) -> bool:
    """Compare as numbers where both sides are, else as text. A property the call lacks differs from every value."""
    operator, wanted = condition.operator, condition.value
    if operator is None or wanted is None or found is None:
        return found is None and operator is ConditionOperator.NOT_EQUALS
    if operator in _ORDER and isinstance(found, int | float) and not isinstance(found, bool):
        limit = _number(wanted)
        return limit is not None and _ORDER[operator](found, limit)
    compare = _TEXT.get(operator)
    return compare is not None and compare(_text(found), wanted)


def _text(value: PropertyValue) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
