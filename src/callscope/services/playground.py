"""A draft of a metric tried on one stored call: nothing is stored but what the judge used."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from callscope.core.errors import InvalidInput
from callscope.core.judge import JudgeEndpoint, JudgeUse, TokenUsage
from callscope.core.metric import MetricValue, StoredValue, ValueState
from callscope.core.metric_definition import DefinedMetric, Derivation, Judgement, MetricSource
from callscope.metrics.judging.dialogue import absent, judge
from callscope.outbound.errors import FetchFailed
from callscope.services.call_metrics import MetricGroup, group_of
from callscope.services.derivation import derive
from callscope.services.judging import NO_JUDGE, Judge
from callscope.services.metric_catalogue import read_catalogue
from callscope.services.metric_definitions import NewMetric, draft_metric
from callscope.services.scoring import Material, read_material
from callscope.storage import collected_values
from callscope.storage import judge as stored_judges

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A metric that was checked, and all that it reads of one call."""

    metric: DefinedMetric
    call_id: UUID
    material: Material
    sources: dict[MetricSource, list[StoredValue]]
    endpoint: JudgeEndpoint | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What a draft says of the call, and what the judge used for it."""

    group: MetricGroup
    usage: TokenUsage
    amount_micros: int
    use: JudgeUse | None


async def prepare(session: "AsyncSession", project_id: UUID, call_id: UUID, new: NewMetric, judge_: Judge) -> Draft:
    """Check a draft and read what it needs. Raises InvalidInput for a rule it breaks, CallNotFound."""
    catalogue = await read_catalogue(session, project_id)
    metric = draft_metric(new, catalogue)
    slugs = {
        source: configured.slug for source in metric.sources if (configured := catalogue.configured(source)) is not None
    }
    stored = await collected_values.read(session, project_id, [call_id], set(slugs.values()))
    return Draft(
        metric=metric,
        call_id=call_id,
        material=await read_material(session, project_id, call_id),
        sources={source: stored[call_id].get(slug, []) for source, slug in slugs.items()},
        endpoint=await judge_.endpoint_for(session, project_id),
    )


async def try_draft(draft: Draft, judge_: Judge, *, now: datetime) -> Trial:
    """Score the call with the draft. A judge that is away or refuses makes the value an ERROR."""
    metric, use, usage = draft.metric, None, TokenUsage()
    if isinstance(metric.calculation, Derivation):
        conversation = draft.material.facts.conversation
        turns = () if conversation is None else conversation.turns
        values = derive(metric, draft.sources, [turn.start_offset_ms for turn in turns])
    elif not isinstance(metric.calculation, Judgement):
        raise InvalidInput.at("calculationType", message="Only judged and derived metrics can be tried.")
    elif draft.endpoint is None:
        values = (absent(metric, ValueState.DATA_MISSING, NO_JUDGE),)
    else:
        values, usage = await _judged(draft, metric.calculation, draft.endpoint, judge_)
        use = judge_.use(draft.endpoint, usage, draft.call_id, at=now)
    return Trial(
        group=group_of(metric, values, draft.call_id, draft.material.facts.transcript, at=now),
        usage=usage,
        amount_micros=0 if use is None else use.cost.total_micros,
        use=use,
    )


async def record_use(session: "AsyncSession", project_id: UUID, trial: Trial) -> None:
    """Write what the judge used for a trial; it counts among the call's costs."""
    if trial.use is not None:
        await stored_judges.add_uses(session, project_id, [trial.use])


async def _judged(
    draft: Draft, judgement: Judgement, endpoint: JudgeEndpoint, judge_: Judge
) -> tuple[tuple[MetricValue, ...], TokenUsage]:
    dialogue = judge(draft.metric, judgement, draft.material.shown, judge_.manner(endpoint))
    try:
        heard = await judge_.hold(endpoint, dialogue)
    except FetchFailed as error:
        reason = f"The judge could not be asked. {error.message}"
        return (absent(draft.metric, ValueState.ERROR, reason),), TokenUsage()
    return heard.result, heard.usage
