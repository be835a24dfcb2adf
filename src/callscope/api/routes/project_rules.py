"""`/v1/project/rules`: quotas, retention and redaction of the key's project."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Response

from callscope.api.answers import answer, errors
from callscope.api.authentication import Requires
from callscope.api.bodies import JsonBody, Received
from callscope.api.context import Context
from callscope.api.openapi import documents_body
from callscope.api.schemas.base import Envelope
from callscope.api.schemas.project_rules import ProjectRulesRead, ProjectRulesUpdate
from callscope.core.errors import InvalidInput
from callscope.core.project_rules import ProjectRules
from callscope.services import project_rules
from callscope.services.keys import Principal

router = APIRouter(prefix="/v1/project/rules", tags=["account"])


@router.get("", response_model=Envelope[ProjectRulesRead], responses=errors(HTTPStatus.BAD_REQUEST))
async def get_project_rules(
    context: Context, principal: Annotated[Principal, Depends(Requires("project:read"))]
) -> Response:
    """Read the rules of the key's project."""
    async with context.reads() as session:
        rules = await project_rules.read_rules(session, principal.project_id)
    return answer(Envelope(data=_to_read(rules)))


@router.patch(
    "",
    response_model=Envelope[ProjectRulesRead],
    responses=errors(HTTPStatus.BAD_REQUEST),
    openapi_extra=documents_body(ProjectRulesUpdate),
)
async def update_project_rules(
    context: Context,
    principal: Annotated[Principal, Depends(Requires("project:update"))],
    received: Annotated[Received[ProjectRulesUpdate], Depends(JsonBody(ProjectRulesUpdate))],
) -> Response:
    """Change rules; what is left out stays. They hold within seconds, retention at the next hour."""
    changes = received.body.sent()
    if not changes:
        raise InvalidInput.at(message="Name at least one rule to change, such as `recordingRetentionDays`.")
    async with context.transactions.begin() as session:
        rules = await project_rules.change_rules(session, principal.project_id, changes)
    return answer(Envelope(data=_to_read(rules)))


def _to_read(rules: ProjectRules) -> ProjectRulesRead:
    return ProjectRulesRead(
        calls_per_day=rules.calls_per_day,
        recording_retention_days=rules.recording_retention_days,
        transcript_retention_days=rules.transcript_retention_days,
        trace_retention_days=rules.trace_retention_days,
        redacted=sorted(rules.redacted),
        keeps_original_recordings=rules.keeps_original_recordings,
    )
