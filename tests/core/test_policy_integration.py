import dataclasses
from uuid import UUID

import pytest

from callscope.core.metric_policy import ConditionType, PolicyCondition
from callscope.core.policy_matching import _holds
from tests.support.built_calls import build_call

PROJECT = UUID(int=1)


@pytest.mark.parametrize(("key", "is_meant"), [("livekit-sdk", True), ("LIVEKIT", True), ("pipecat", False)])
def test_an_integration_is_named_as_in_its_routes_or_as_a_source(key: str, is_meant: bool) -> None:
    call = dataclasses.replace(build_call(project_id=PROJECT), source="LIVEKIT")
    condition = PolicyCondition(type=ConditionType.INTEGRATION, key=key, operator=None, value=None)

    assert _holds(condition, call, {}) is is_meant
