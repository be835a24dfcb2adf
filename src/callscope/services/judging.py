"""Asking the judge: dialogues carried on over the network, within the operator's limits, with what they used."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Generic, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

from callscope.core.ids import new_id
from callscope.core.judge import JudgeEndpoint, JudgeRules, JudgeUse, TokenCost, TokenUsage
from callscope.metrics.judging.dialogue import Dialogue, Manner, Request
from callscope.outbound.chat import ChatService, Completion
from callscope.outbound.client import OutboundClient
from callscope.outbound.errors import ServiceAway
from callscope.storage import judge as stored_judges

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

LONGEST_WAIT_S = 30.0
NO_JUDGE = (
    "no judge configured: set CALLSCOPE_JUDGE_URL and CALLSCOPE_JUDGE_MODEL to a server with the OpenAI chat API, "
    "or give the project its own (PUT /v1/judge)."
)

ResultT = TypeVar("ResultT")


@dataclass(frozen=True, slots=True)
class Heard(Generic[ResultT]):
    """What a dialogue came to, and what it used."""

    result: ResultT
    usage: TokenUsage


class Judge:
    """Carries on dialogues with the judges of all projects. One per process: its limits hold for all of them."""

    def __init__(self, outbound: OutboundClient, rules: JudgeRules) -> None:
        self.rules = rules
        self._outbound = outbound
        self._services: dict[JudgeEndpoint, ChatService] = {}
        self._hands = asyncio.Semaphore(rules.concurrency)
        self._pace = asyncio.Lock()
        self._next_at = 0.0

    async def endpoint_for(self, session: "AsyncSession", project_id: UUID) -> JudgeEndpoint | None:
        """See `endpoint_for`."""
        return await endpoint_for(session, project_id, self.rules)

    def manner(self, endpoint: JudgeEndpoint) -> Manner:
        """Return how a judge is asked."""
        return Manner(judge=endpoint.model, transcript_chars=self.rules.transcript_chars)

    def cost(self, endpoint: JudgeEndpoint, usage: TokenUsage) -> TokenCost:
        """Return what use of a judge costs by the price table."""
        return usage.cost(self.rules.prices.get(endpoint.model))

    def use(
        self,
        endpoint: JudgeEndpoint,
        usage: TokenUsage,
        call_id: UUID,
        *,
        job_id: UUID | None = None,
        definition_id: UUID | None = None,
        at: datetime,
    ) -> JudgeUse:
        """Return what a judge used for a call, for the call's costs."""
        return JudgeUse(
            id=new_id(),
            call_id=call_id,
            job_id=job_id,
            definition_id=definition_id,
            provider=urlsplit(endpoint.url).hostname or endpoint.url,
            model=endpoint.model,
            usage=usage,
            cost=self.cost(endpoint, usage),
            occurred_at=at,
        )

    async def hold(self, endpoint: JudgeEndpoint, dialogue: Dialogue[ResultT]) -> Heard[ResultT]:
        """Carry a dialogue on to its end.

        Raises:
            ServiceAway: the judge cannot be reached or is busy, also after the waits of the rules.
            FetchFailed: it refuses: a wrong address, key or model.
        """
        usage = TokenUsage()
        try:
            request = next(dialogue)
            while True:
                completion = await self._ask(endpoint, request)
                usage += completion.usage
                request = dialogue.send(completion.content)
        except StopIteration as end:
            return Heard(end.value, usage)

    async def _ask(self, endpoint: JudgeEndpoint, request: Request) -> Completion:
        service = self._services.setdefault(
            endpoint, ChatService(self._outbound, endpoint, timeout_s=self.rules.timeout_s)
        )
        messages = [{"role": message.role, "content": message.content} for message in request.messages]
        async with self._hands:
            for wait_s in self.rules.retry_waits_s:
                await self._keep_pace()
                try:
                    return await service.complete(messages, request.schema)
                except ServiceAway as error:
                    await asyncio.sleep(min(max(wait_s, error.retry_after_s or 0.0), LONGEST_WAIT_S))
            await self._keep_pace()
            return await service.complete(messages, request.schema)

    async def _keep_pace(self) -> None:
        """Wait until the next request may be sent."""
        if self.rules.requests_per_minute is None:
            return
        async with self._pace:
            now = asyncio.get_running_loop().time()
            await asyncio.sleep(max(0.0, self._next_at - now))
            self._next_at = max(now, self._next_at) + 60.0 / self.rules.requests_per_minute


async def endpoint_for(session: "AsyncSession", project_id: UUID, rules: JudgeRules) -> JudgeEndpoint | None:
    """Return the project's judge, else the installation's, None where there is neither."""
    return await stored_judges.read_endpoint(session, project_id) or rules.endpoint
