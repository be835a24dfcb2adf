"""Scoring stored calls with a policy or one metric: which calls, what it would cost, and the job that does it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from callscope.core.errors import InvalidInput
from callscope.core.judge import JudgeRules, TokenUsage
from callscope.core.metric_definition import MetricSource
from callscope.core.metric_policy import CollectedMetric, CollectionJob, CollectionTrigger, MetricPolicy
from callscope.core.policy_matching import fits
from callscope.metrics.judging.dialogue import knowledge_chars
from callscope.services import knowledge_bases, metric_collection
from callscope.services.call_properties import system_properties
from callscope.services.judging import endpoint_for
from callscope.services.metric_catalogue import Catalogue, is_judged, read_catalogue
from callscope.services.metric_policies import get_policy
from callscope.storage import backfills, judge

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

MOST_CALLS = 100_000
CALLS_A_READING = 1000
SAMPLED_USES = 500
CHARS_PER_TOKEN = 4
QUESTION_TOKENS = 700
ANSWER_TOKENS = 200
BY_PAST_USE = "the mean of the project's latest questions to a judge"
BY_LENGTH = "the length of the transcripts, about four characters to a token"
NOTHING_JUDGED = "no judge is needed for any of it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The newest `last_count` calls, or those that started in a stretch of time; each bound may be open."""

    last_count: int | None
    started_from: datetime | None
    started_before: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BackfillOrder:
    """Which calls are to be scored at whose wish, or only estimated; `rules` are those of the installation's judge."""

    selection: Selection
    is_estimate_only: bool
    rules: JudgeRules
    now: datetime
    triggered_by: CollectionTrigger = CollectionTrigger.USER_API


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What a backfill comes to."""

    call_count: int
    item_count: int
    judged_item_count: int
    prompt_tokens: int
    completion_tokens: int
    amount_micros: int
    basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Backfill:
    """An estimate, and the job where one was started."""

    estimate: Estimate
    job: CollectionJob | None


async def backfill_policy(session: "AsyncSession", project_id: UUID, policy_id: UUID, order: BackfillOrder) -> Backfill:
    """Score stored calls that fit a policy, or only tell what that would cost.

    Raises PolicyNotFound, InvalidInput for a selection that names nothing or both kinds.
    """
    _check(order.selection)
    policy = await get_policy(session, project_id, policy_id)
    catalogue = await read_catalogue(session, project_id)
    call_ids = await _fitting(session, project_id, policy, order.selection)
    return await _score(session, project_id, call_ids, policy.metrics, catalogue, order=order, policy_ids=(policy.id,))


async def backfill_metric(session: "AsyncSession", project_id: UUID, id_or_slug: str, order: BackfillOrder) -> Backfill:
    """Score stored calls with one metric, or only tell what that would cost.

    Raises MetricNotFound, InvalidInput for a selection that names nothing or both kinds.
    """
    _check(order.selection)
    catalogue = await read_catalogue(session, project_id)
    collected = (CollectedMetric(source=MetricSource(definition_id=catalogue.find(id_or_slug).id)),)
    call_ids = await _newest(session, project_id, order.selection)
    return await _score(session, project_id, call_ids, collected, catalogue, order=order)


async def _score(
    session: "AsyncSession",
    project_id: UUID,
    call_ids: tuple[UUID, ...],
    collected: tuple[CollectedMetric, ...],
    catalogue: Catalogue,
    *,
    order: BackfillOrder,
    policy_ids: tuple[UUID, ...] = (),
) -> Backfill:
    estimate = await _estimate(session, project_id, call_ids, collected, catalogue=catalogue, rules=order.rules)
    if order.is_estimate_only or not call_ids:
        return Backfill(estimate=estimate, job=None)
    job = await metric_collection.start(
        session,
        project_id,
        call_ids,
        collected,
        catalogue,
        policy_ids=policy_ids,
        triggered_by=order.triggered_by,
        now=order.now,
        priority=metric_collection.BACKFILL_PRIORITY,
    )
    return Backfill(estimate=estimate, job=job)


async def _fitting(
    session: "AsyncSession", project_id: UUID, policy: MetricPolicy, selection: Selection
) -> tuple[UUID, ...]:
    if not policy.groups:
        return await _newest(session, project_id, selection)
    most = selection.last_count or MOST_CALLS
    fitting: list[UUID] = []
    async for calls in backfills.read_newest(
        session,
        project_id,
        started_from=selection.started_from,
        started_before=selection.started_before,
        step=CALLS_A_READING,
    ):
        fitting += [call.id for call in calls if fits(policy, call, {**call.properties, **system_properties(call)})]
        if len(fitting) >= most:
            break
    return tuple(fitting[:most])


async def _newest(session: "AsyncSession", project_id: UUID, selection: Selection) -> tuple[UUID, ...]:
    return await backfills.newest_calls(
        session,
        project_id,
        started_from=selection.started_from,
        started_before=selection.started_before,
        limit=selection.last_count or MOST_CALLS,
    )


async def _estimate(
    session: "AsyncSession",
    project_id: UUID,
    call_ids: Sequence[UUID],
    collected: Sequence[CollectedMetric],
    *,
    catalogue: Catalogue,
    rules: JudgeRules,
) -> Estimate:
    planned = metric_collection.planned(collected, catalogue)
    metrics = [metric for metric in map(catalogue.configured, (each.source for each in planned)) if metric]
    judged_count = len(call_ids) * sum(is_judged(metric) for metric in metrics)
    mean, basis = TokenUsage(), NOTHING_JUDGED
    if judged_count:
        mean, basis = await _mean_use(session, project_id, call_ids)
    document_tokens = await _document_tokens(session, project_id, planned, rules)
    total = TokenUsage(
        request_count=judged_count,
        prompt_tokens=judged_count * mean.prompt_tokens + len(call_ids) * document_tokens,
        completion_tokens=judged_count * mean.completion_tokens,
    )
    endpoint = await endpoint_for(session, project_id, rules)
    return Estimate(
        call_count=len(call_ids),
        item_count=len(call_ids) * len(metrics),
        judged_item_count=judged_count,
        prompt_tokens=total.prompt_tokens,
        completion_tokens=total.completion_tokens,
        amount_micros=0 if endpoint is None else total.cost(rules.prices.get(endpoint.model)).total_micros,
        basis=basis,
    )


async def _document_tokens(
    session: "AsyncSession", project_id: UUID, planned: Sequence[CollectedMetric], rules: JudgeRules
) -> int:
    """Return what a judge reads of the team's documents for one call, at most."""
    chars = 0
    for ids in filter(None, map(knowledge_bases.ids_in, (metric.setting for metric in planned))):
        size_bytes = await knowledge_bases.text_bytes(session, project_id, ids)
        chars += min(size_bytes, knowledge_chars(rules.transcript_chars))
    return chars // CHARS_PER_TOKEN


async def _mean_use(session: "AsyncSession", project_id: UUID, call_ids: Sequence[UUID]) -> tuple[TokenUsage, str]:
    used = await judge.mean_tokens(session, project_id, sample=SAMPLED_USES)
    if used is not None:
        return used, BY_PAST_USE
    mean_chars = await backfills.mean_transcript_chars(session, call_ids[:SAMPLED_USES])
    prompt_tokens = QUESTION_TOKENS + mean_chars // CHARS_PER_TOKEN
    return TokenUsage(request_count=1, prompt_tokens=prompt_tokens, completion_tokens=ANSWER_TOKENS), BY_LENGTH


def _check(selection: Selection) -> None:
    has_range = selection.started_from is not None or selection.started_before is not None
    if selection.last_count is not None and has_range:
        message = "Send `lastCalls`, or `startedFrom` and `startedBefore`, not both."
        raise InvalidInput.at("lastCalls", message=message, code="mutually_exclusive")
    if selection.last_count is None and not has_range:
        message = "Say which calls: `lastCalls`, or `startedFrom` and `startedBefore`."
        raise InvalidInput.at("lastCalls", message=message, code="missing_required_field")
