"""`/v1/judge`: the judge of a project, and `/v1/metric/playground`: drafts tried on a call."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Response

from callscope.api.answers import answer, errors
from callscope.api.authentication import Requires
from callscope.api.bodies import JsonBody, Received
from callscope.api.context import Context
from callscope.api.mapping_metric_definitions import to_new_metric, to_threshold
from callscope.api.mapping_metrics import to_group
from callscope.api.openapi import documents_body
from callscope.api.schemas.base import Envelope
from callscope.api.schemas.judge import JudgeChange, JudgeRead, PlaygroundRead, PlaygroundRequest
from callscope.core.errors import InvalidInput
from callscope.core.judge import JudgeEndpoint
from callscope.services import judge_settings, metric_definitions, playground
from callscope.services.judge_settings import JudgeChoice
from callscope.services.keys import Principal

router = APIRouter(tags=["judge"])

CHANGE_ERRORS = errors(HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
JudgeChanger = Annotated[Principal, Depends(Requires("project:update"))]


@router.get("/v1/judge", response_model=Envelope[JudgeRead], responses=errors())
async def get_judge(context: Context, principal: Annotated[Principal, Depends(Requires("project:read"))]) -> Response:
    """Read which judge the project's calls are judged by. Beyond the original API."""
    async with context.reads() as session:
        choice = await judge_settings.read_judge(session, principal.project_id, context.judge.rules)
    return answer(Envelope(data=_to_read(choice)))


@router.put(
    "/v1/judge",
    response_model=Envelope[JudgeRead],
    responses=CHANGE_ERRORS,
    openapi_extra=documents_body(JudgeChange),
)
async def choose_judge(
    context: Context,
    principal: JudgeChanger,
    received: Annotated[Received[JudgeChange], Depends(JsonBody(JudgeChange))],
) -> Response:
    """Give the project a judge of its own. Its address passes the same guard as every other."""
    body = received.body
    endpoint = JudgeEndpoint(url=body.url, model=body.model, api_key=body.api_key)
    async with context.transactions.begin() as session:
        await judge_settings.choose_judge(session, principal.project_id, endpoint)
    return answer(Envelope(data=_to_read(JudgeChoice(endpoint=endpoint, is_own=True))))


@router.delete("/v1/judge", response_model=Envelope[JudgeRead], responses=errors())
async def forget_judge(context: Context, principal: JudgeChanger) -> Response:
    """Leave the project with the installation's judge."""
    async with context.transactions.begin() as session:
        await judge_settings.forget_judge(session, principal.project_id)
    return answer(Envelope(data=_to_read(JudgeChoice(endpoint=context.judge.rules.endpoint, is_own=False))))


@router.post(
    "/v1/metric/playground",
    response_model=Envelope[PlaygroundRead],
    responses=CHANGE_ERRORS | errors(HTTPStatus.NOT_FOUND),
    openapi_extra=documents_body(PlaygroundRequest),
)
async def try_draft(
    context: Context,
    principal: Annotated[Principal, Depends(Requires("metric:create"))],
    received: Annotated[Received[PlaygroundRequest], Depends(JsonBody(PlaygroundRequest))],
) -> Response:
    """Try a draft of a metric on a stored call. What it says is stored nowhere; what the judge used is a cost."""
    body = received.body
    async with context.transactions.begin() as session:
        if body.definition is not None:
            new = to_new_metric(body.definition)
        elif body.threshold is not None:
            new = await metric_definitions.threshold_on(
                session, principal.project_id, body.threshold.metric_id, to_threshold(body.threshold)
            )
        else:
            message = "Send `definition` or `threshold`: the draft to try."
            raise InvalidInput.at("definition", message=message, code="missing_required_field")
        draft = await playground.prepare(session, principal.project_id, body.call_id, new, context.judge)
    trial = await playground.try_draft(draft, context.judge, now=context.clock.now())
    async with context.transactions.begin() as session:
        await playground.record_use(session, principal.project_id, trial)
    read = PlaygroundRead(
        metric=to_group(trial.group),
        prompt_tokens=trial.usage.prompt_tokens,
        completion_tokens=trial.usage.completion_tokens,
        amount_usd_micros=trial.amount_micros,
    )
    return answer(Envelope(data=read))


def _to_read(choice: JudgeChoice) -> JudgeRead:
    endpoint = choice.endpoint
    return JudgeRead(
        source=None if endpoint is None else "project" if choice.is_own else "installation",
        url=None if endpoint is None else endpoint.url,
        model=None if endpoint is None else endpoint.model,
        has_api_key=endpoint is not None and endpoint.api_key is not None,
    )
