"""What the page of the jobs shows: how the lines stand, what runs, what failed and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from callscope.core import jobs
from callscope.core.failed_work import FailedWork, RunningWork, WorkKind
from callscope.core.jobs import LINES_OF_A_WORKER, QUEUE_OF_JOB, JobName
from callscope.core.page import Page
from callscope.services.failed_work import MOST_RETRIED_AT_ONCE
from callscope.services.visits import Visitor
from callscope.storage.queue_state import QueueState, WorkState
from callscope.web.formatting import SECOND_MS, duration
from callscope.web.views.metrics import Figure

QUEUE_LABELS = {
    jobs.SHORT_QUEUE: "Transcripts, tools and ends of analyses",
    jobs.NETWORK_QUEUE: "Fetching recordings",
    jobs.AUDIO_QUEUE: "Measuring recordings",
    jobs.SPEECH_QUEUE: "Recognising words",
    jobs.TRACES_QUEUE: "Reading traces",
    jobs.METRICS_QUEUE: "Collecting metrics, asking the judge",
    jobs.LIVE_QUEUE: "Messages of integrations, calls that run",
    jobs.HEARING_QUEUE: "Listening to calls that run",
    jobs.EVENTS_QUEUE: "Webhooks",
    jobs.EVENT_RETRIES_QUEUE: "Webhooks, tried again",
    jobs.LIFETIMES_QUEUE: "Deleting what is past its time",
}
KIND_LABELS = {
    WorkKind.TRANSCRIPT: "Measuring a transcript",
    WorkKind.FETCH: "Fetching a recording",
    WorkKind.MEASURE: "Measuring a recording",
    WorkKind.TRANSCRIBE: "Recognising words",
    WorkKind.CONCLUDE: "Ending an analysis",
    WorkKind.METRICS: "Collecting metrics",
    WorkKind.MESSAGE: "Reading an integration's message",
    WorkKind.DELIVERY: "Sending to a webhook",
}
JOB_LABELS = {
    JobName.MEASURE_TRANSCRIPT: KIND_LABELS[WorkKind.TRANSCRIPT],
    JobName.FETCH_RECORDING: KIND_LABELS[WorkKind.FETCH],
    JobName.MEASURE_RECORDING: KIND_LABELS[WorkKind.MEASURE],
    JobName.TRANSCRIBE_RECORDING: KIND_LABELS[WorkKind.TRANSCRIBE],
    JobName.CONCLUDE_ANALYSIS: KIND_LABELS[WorkKind.CONCLUDE],
    JobName.COLLECT_METRICS: KIND_LABELS[WorkKind.METRICS],
    JobName.DESCRIBE_CALL: "Writing a title and a summary",
    JobName.MEASURE_TRACES: "Measuring traces",
    JobName.MEASURE_TOOLS: "Measuring tools",
    JobName.READ_MESSAGE: KIND_LABELS[WorkKind.MESSAGE],
    JobName.HEAR_LIVE_CALL: "Listening to a call that runs",
    JobName.DELIVER_EVENT: KIND_LABELS[WorkKind.DELIVERY],
    JobName.REDELIVER_EVENT: KIND_LABELS[WorkKind.DELIVERY],
}
"""The jobs that are a project's; the others are the installation's."""
LONG_WAIT_S = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueView:
    """One line."""

    label: str
    due_count: int
    running_count: int
    later_count: int
    oldest: str | None
    is_late: bool

    @property
    def has_jobs(self) -> bool:
        """Whether anything waits or runs in it."""
        return bool(self.due_count or self.running_count or self.later_count)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkView:
    """One piece of work: running, tried again at `at`, or given up at `at`."""

    what: str
    kind: str
    id: UUID | None
    call_id: UUID | None
    call_started_at: datetime | None
    reason: str
    attempt_count: int | None
    at: datetime | None
    may_retry: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class KindView:
    """What of a kind was given up."""

    kind: str
    label: str
    count: int
    retried_count: int
    href: str
    is_chosen: bool
    may_retry: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class JobsPage:
    """The whole page; of the lines those that hold anything, and the names of the others."""

    figures: tuple[Figure, ...]
    has_worker: bool
    queues: tuple[QueueView, ...]
    empty_queues: tuple[str, ...]
    running: tuple[WorkView, ...]
    postponed: tuple[WorkView, ...]
    kinds: tuple[KindView, ...]
    given_up: tuple[WorkView, ...]
    first_href: str | None
    next_href: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundWork:
    """What was read for the page."""

    state: WorkState
    running: Sequence[RunningWork]
    postponed: Sequence[FailedWork]
    counts: Mapping[WorkKind, int]
    given_up: Page[FailedWork]


def build_jobs_page(
    found: FoundWork, visitor: Visitor, *, path: str, kind: WorkKind | None, after: str | None
) -> JobsPage:
    """Return the page."""
    queues = _queues(found.state.queues)
    worker_count = -(-found.state.worker_line_count // LINES_OF_A_WORKER)
    here = path if kind is None else f"{path}?kind={kind}"
    following = found.given_up.next_cursor
    return JobsPage(
        figures=_figures(found, worker_count),
        has_worker=worker_count > 0,
        queues=tuple(queue for queue in queues if queue.has_jobs),
        empty_queues=tuple(queue.label for queue in queues if not queue.has_jobs),
        running=tuple(_running(work) for work in found.running),
        postponed=tuple(_failed(work, visitor) for work in found.postponed),
        kinds=tuple(
            KindView(
                kind=each.value,
                label=KIND_LABELS[each],
                count=found.counts[each],
                retried_count=min(found.counts[each], MOST_RETRIED_AT_ONCE),
                href=path if each is kind else f"{path}?kind={each}",
                is_chosen=each is kind,
                may_retry=each.permission in visitor.granted,
            )
            for each in WorkKind
            if each in found.counts
        ),
        given_up=tuple(_failed(work, visitor) for work in found.given_up.items),
        first_href=here if after else None,
        next_href=f"{here}{'?' if kind is None else '&'}after={following}" if following else None,
    )


def _figures(found: FoundWork, worker_count: int) -> tuple[Figure, ...]:
    due_count = sum(queue.due_count for queue in found.state.queues)
    oldest_s = max((queue.oldest_due_s for queue in found.state.queues), default=0.0)
    failed_count = sum(found.counts.values())
    return (
        Figure(label="Workers alive", shown=str(worker_count), tone="" if worker_count else "bad"),
        Figure(label="Jobs that could start now", shown=str(due_count)),
        Figure(
            label="The oldest of them waits",
            shown=_age(oldest_s) if due_count else "none waits",
            tone="warn" if oldest_s > LONG_WAIT_S else "" if due_count else "absent",
        ),
        Figure(
            label="Given up in this project",
            shown=str(failed_count),
            href="#failed",
            tone="bad" if failed_count else "",
        ),
    )


def _queues(states: Sequence[QueueState]) -> tuple[QueueView, ...]:
    idle = QueueState(queue="", due_count=0, running_count=0, later_count=0, oldest_due_s=0.0)
    state_of = {state.queue: state for state in states}
    return tuple(_queue(name, state_of.get(name, idle)) for name in dict.fromkeys((*QUEUE_OF_JOB.values(), *state_of)))


def _queue(name: str, state: QueueState) -> QueueView:
    return QueueView(
        label=QUEUE_LABELS.get(name, name),
        due_count=state.due_count,
        running_count=state.running_count,
        later_count=state.later_count,
        oldest=_age(state.oldest_due_s) if state.due_count else None,
        is_late=state.oldest_due_s > LONG_WAIT_S,
    )


def _running(work: RunningWork) -> WorkView:
    taken_over = f"taken over {work.take_over_count} times from a worker that died" if work.take_over_count else ""
    return WorkView(
        what=JOB_LABELS.get(JobName(work.job), work.job) if work.job in set(JobName) else work.job,
        kind="",
        id=None,
        call_id=work.call_id,
        call_started_at=work.call_started_at,
        reason=taken_over,
        attempt_count=None,
        at=work.started_at,
        may_retry=False,
    )


def _failed(work: FailedWork, visitor: Visitor) -> WorkView:
    return WorkView(
        what=KIND_LABELS[work.kind],
        kind=work.kind.value,
        id=work.id,
        call_id=work.call_id,
        call_started_at=work.call_started_at,
        reason=work.reason,
        attempt_count=work.attempt_count,
        at=work.failed_at or work.next_attempt_at,
        may_retry=work.kind.permission in visitor.granted,
    )


def _age(age_s: float) -> str:
    return duration(round(age_s * SECOND_MS))
