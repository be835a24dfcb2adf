"""One batch of a collection job: what it needs is read, judges are asked, the rest is computed; nothing is written."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from callscope.core.errors import CallscopeError, NotFound
from callscope.core.judge import JudgeEndpoint, JudgeUse, TokenUsage
from callscope.core.knowledge import KnowledgeDocument
from callscope.core.metric import CallFacts, MetricValue, ValueState
from callscope.core.metric_definition import (
    DefinedMetric,
    Derivation,
    Formula,
    Judgement,
    MetricSource,
    Pattern,
    WindowMode,
)
from callscope.core.metric_policy import CollectionJob, EndedItem, ItemStatus
from callscope.metrics import registry, runner
from callscope.metrics.derived.sourcing import SourceValue
from callscope.metrics.judging.dialogue import Manner, absent, judge
from callscope.metrics.judging.knowledge import nearest
from callscope.metrics.judging.material import CallMaterial, lines_of
from callscope.outbound.errors import ServiceAway
from callscope.services import analyses, calls, transcripts
from callscope.services.call_properties import system_properties
from callscope.services.derivation import derive
from callscope.services.judging import NO_JUDGE, Judge
from callscope.services.knowledge_bases import document_ids, ids_in
from callscope.services.metric_catalogue import Catalogue, read_catalogue
from callscope.storage import agent_catalogue, collected_values, collection_jobs, knowledge_bases
from callscope.storage.collected_values import StoredValues

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

Values = tuple[MetricValue, ...]

CALLS_WITH_MATERIAL = 8
"""Calls of a batch whose transcripts are read."""
CALLS_BY_VALUES = 2000
"""Calls of a batch of which only values are read. What a batch costs by itself is what 200 calls cost."""
DELETED = "The metric was deleted after the job began."
DOCUMENT_GONE = (
    "The knowledge base {} that the metric is held against was deleted. Take it out of the policy's "
    "`knowledgeBaseDocumentIds`."
)
GONE = "The call was deleted after the job began."
ANSWERED = (ValueState.SUCCESS, ValueState.NOT_APPLICABLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """All that is known of one call, for judges and for the catalogue's own code."""

    facts: CallFacts
    shown: CallMaterial


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Some calls of a job with what is still to be done of each: ordinals of `metrics`, in their order.

    `stored` are the values each call has by slug. `materials` lacks calls that are gone, and all of them when no metric
    of the job needs any. `documents` are those that metrics are held against, by the ids their settings name; deleted
    ones lack. `endpoint` is None where there is no judge.
    """

    job: CollectionJob
    metrics: tuple[DefinedMetric | None, ...]
    catalogue: Catalogue
    pending: Mapping[UUID, tuple[int, ...]]
    stored: StoredValues
    materials: Mapping[UUID, Material]
    needs_material: bool
    documents: Mapping[str, KnowledgeDocument]
    endpoint: JudgeEndpoint | None


@dataclass(slots=True)
class Scored:
    """What became of a batch. `away` is the judge's absence, which left items undone."""

    items: list[EndedItem]
    uses: list[JudgeUse]
    away: ServiceAway | None = None


async def read_batch(session: "AsyncSession", job: CollectionJob, judge_: Judge) -> Batch | None:
    """Return some calls of a job with all that is needed to score them, None when nothing is left to do."""
    catalogue = await read_catalogue(session, job.project_id)
    metrics = tuple(catalogue.configured(collected.source) for collected in job.metrics)
    needs_material = any(_needs_material(metric) for metric in metrics if metric is not None)
    limit = CALLS_WITH_MATERIAL if needs_material else CALLS_BY_VALUES
    pending = await collection_jobs.pending(session, job.id, call_limit=limit)
    if not pending:
        return None
    own_slugs = {metric.slug for metric in metrics if metric is not None}
    read_slugs, placed_slugs = _slugs_read(metrics, catalogue)
    materials: dict[UUID, Material] = {}
    for call_id in pending if needs_material else ():
        try:
            materials[call_id] = await read_material(session, job.project_id, call_id)
        except NotFound:
            continue
    return Batch(
        job=job,
        metrics=metrics,
        catalogue=catalogue,
        pending=pending,
        stored=await collected_values.read(
            session, job.project_id, list(pending), own_slugs | read_slugs, placed_slugs=placed_slugs
        ),
        materials=materials,
        needs_material=needs_material,
        documents=await _read_documents(session, job),
        endpoint=await judge_.endpoint_for(session, job.project_id) if needs_material else None,
    )


async def _read_documents(session: "AsyncSession", job: CollectionJob) -> dict[str, KnowledgeDocument]:
    named = document_ids({text for metric in job.metrics for text in ids_in(metric.setting)})
    if not named:
        return {}
    found = await knowledge_bases.read_texts(session, job.project_id, [each for each in named.values() if each])
    return {text: found[document_id] for text, document_id in named.items() if document_id in found}


def _slugs_read(metrics: Sequence[DefinedMetric | None], catalogue: Catalogue) -> tuple[set[str], set[str]]:
    """Return the slugs that metrics read, and those of which they read more than the values of the whole call."""
    read: set[str] = set()
    placed: set[str] = set()
    for metric in metrics:
        slugs = {_slug(source, catalogue) for source in (metric.sources if metric is not None else ())}
        read |= slugs
        if metric is not None and not isinstance(metric.calculation, Formula):
            placed |= slugs
    return read, placed


async def read_material(session: "AsyncSession", project_id: UUID, call_id: UUID) -> Material:
    """Return all that is known of a call. Raises CallNotFound."""
    call = await calls.get_call(session, project_id, call_id)
    transcript = await transcripts.read_transcript(session, project_id, call_id)
    entries = () if transcript is None else transcript.entries
    tools = await calls.list_tool_invocations(session, project_id, call_id)
    conversation = await analyses.read_conversation(session, project_id, call_id)
    prompt_ids = [agent.prompt_id for agent in call.agents if agent.prompt_id is not None]
    properties = {**call.properties, **system_properties(call)}
    return Material(
        facts=CallFacts(
            duration_ms=call.duration_ms,
            conversation=conversation,
            conversation_reason=None if conversation else "Who spoke when is not known.",
            transcript=entries,
            tools=tools,
            recording=await analyses.read_recording_analysis(session, project_id, call_id),
        ),
        shown=CallMaterial(
            lines=lines_of(entries),
            conversation=conversation,
            tools=tools,
            agent_prompt=await agent_catalogue.read_prompt(session, prompt_ids[0]) if prompt_ids else None,
            properties={name: str(value) for name, value in properties.items() if name in call.properties},
        ),
    )


async def score_batch(batch: Batch, judge_: Judge, *, now: datetime) -> Scored:
    """Return what becomes of a batch. The judge is asked about several metrics and calls at once."""
    scoring = _Scoring(batch, judge_, now)
    if batch.needs_material:
        await asyncio.gather(*(scoring.score(call_id) for call_id in batch.pending))
    else:
        for call_id in batch.pending:
            scoring.compute(call_id, {})
    return scoring.scored


class _Scoring:
    """Scores the calls of a batch, one after or beside another, into one `Scored`."""

    def __init__(self, batch: Batch, judge_: Judge, now: datetime) -> None:
        self.scored = Scored([], [])
        self._batch = batch
        self._judge = judge_
        self._now = now
        sources = {source for metric in batch.metrics if metric is not None for source in metric.sources}
        self._slugs = {source: _slug(source, batch.catalogue) for source in sources}

    async def score(self, call_id: UUID) -> None:
        """Ask the judge what it is needed for, then compute the rest."""
        results: dict[int, Values] = {}
        if call_id in self._batch.materials:
            judged = [each for each in self._batch.pending[call_id] if _judgement(self._batch.metrics[each])]
            answers = await asyncio.gather(*(self._ask(call_id, ordinal) for ordinal in judged))
            results = {ordinal: values for ordinal, values in zip(judged, answers, strict=True) if values is not None}
        self.compute(call_id, results)

    def compute(self, call_id: UUID, results: dict[int, Values]) -> None:
        """Compute what no judge is needed for, and end every item that has a result."""
        batch, items = self._batch, self.scored.items
        values: dict[str, Sequence[SourceValue]] = {**batch.stored[call_id]}
        undone: set[MetricSource] = set()
        for ordinal in batch.pending[call_id]:
            metric, source = batch.metrics[ordinal], batch.job.metrics[ordinal].source
            if metric is None or (batch.needs_material and call_id not in batch.materials):
                items.append(_failed(call_id, ordinal, DELETED if metric is None else GONE, self._now))
                continue
            if ordinal not in results:
                if _judgement(metric) is not None or not undone.isdisjoint(metric.sources):
                    undone.add(source)
                    continue
                results[ordinal] = self._computed(call_id, metric, values)
            values[metric.slug] = results[ordinal]
            items.append(_ended(call_id, ordinal, results[ordinal], self._now))

    def _computed(self, call_id: UUID, metric: DefinedMetric, values: Mapping[str, Sequence[SourceValue]]) -> Values:
        material = self._batch.materials.get(call_id)
        if isinstance(metric.calculation, Derivation):
            conversation = None if material is None else material.facts.conversation
            turns = () if conversation is None else conversation.turns
            read = {source: values.get(self._slugs[source], ()) for source in metric.sources}
            return derive(metric, read, [turn.start_offset_ms for turn in turns])
        if material is None:
            raise TypeError("what the catalogue computes needs the call's material")
        return runner.compute(material.facts, (registry.get(metric.slug),))

    async def _ask(self, call_id: UUID, ordinal: int) -> Values | None:
        """Return what the judge says of one metric of one call, None when it was away."""
        batch, metric, collected = self._batch, self._batch.metrics[ordinal], self._batch.job.metrics[ordinal]
        judgement = _judgement(metric)
        if metric is None or judgement is None:
            raise TypeError("only judged metrics are judged")
        stored = tuple(value.as_value() for value in batch.stored[call_id].get(metric.slug, ()))
        if collected.is_read_only and any(value.state in ANSWERED for value in stored):
            return stored
        if batch.endpoint is None:
            return (absent(metric, ValueState.DATA_MISSING, NO_JUDGE),)
        wanted = ids_in(collected.setting)
        if gone := [text for text in wanted if text not in batch.documents]:
            return (absent(metric, ValueState.DATA_MISSING, DOCUMENT_GONE.format(gone[0])),)
        manner = self._judge.manner(batch.endpoint)
        shown = await self._shown(call_id, [batch.documents[text] for text in wanted], manner)
        dialogue = judge(metric, judgement, shown, manner, collected.setting)
        try:
            heard = await self._judge.hold(batch.endpoint, dialogue)
        except ServiceAway as away:
            self.scored.away = away
            return None
        except CallscopeError as error:
            return (absent(metric, ValueState.ERROR, f"The judge could not be asked. {error.message}"),)
        self._note_use(call_id, metric, batch.endpoint, heard.usage)
        return heard.result

    async def _shown(self, call_id: UUID, documents: Sequence[KnowledgeDocument], manner: Manner) -> CallMaterial:
        """Return what a judge is shown of a call, with what the documents say about it."""
        shown = self._batch.materials[call_id].shown
        if not documents:
            return shown
        said = [line.text for line in shown.lines]
        # In a thread: ten megabytes of documents take a second.
        return replace(shown, knowledge=await asyncio.to_thread(nearest, documents, said, manner.knowledge_chars))

    def _note_use(self, call_id: UUID, metric: DefinedMetric, endpoint: JudgeEndpoint, usage: TokenUsage) -> None:
        if usage.request_count == 0:
            return
        job_id, at = self._batch.job.id, self._now
        used = self._judge.use(endpoint, usage, call_id, job_id=job_id, definition_id=metric.id, at=at)
        self.scored.uses.append(used)


def _slug(source: MetricSource, catalogue: Catalogue) -> str:
    metric = catalogue.configured(source)
    return "" if metric is None else metric.slug


def _ended(call_id: UUID, ordinal: int, values: tuple[MetricValue, ...], now: datetime) -> EndedItem:
    is_answered = not values or any(value.state in ANSWERED for value in values)
    error = None if is_answered else next((value.reason for value in values if value.reason), None)
    status = ItemStatus.COMPLETED if is_answered else ItemStatus.FAILED
    return EndedItem(call_id=call_id, ordinal=ordinal, status=status, error=error, values=values, computed_at=now)


def _failed(call_id: UUID, ordinal: int, reason: str, now: datetime) -> EndedItem:
    return EndedItem(
        call_id=call_id, ordinal=ordinal, status=ItemStatus.FAILED, error=reason, values=(), computed_at=now
    )


def _judgement(metric: DefinedMetric | None) -> Judgement | None:
    return metric.calculation if metric is not None and isinstance(metric.calculation, Judgement) else None


def _needs_material(metric: DefinedMetric) -> bool:
    calculation = metric.calculation
    if isinstance(calculation, Pattern):
        return calculation.window_mode is WindowMode.SEGMENTS
    return not isinstance(calculation, Derivation)
