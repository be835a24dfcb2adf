"""The judge of a project: the installation's, or one of its own."""

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from callscope.core.errors import InvalidInput
from callscope.core.judge import JudgeEndpoint, JudgeRules
from callscope.outbound.errors import UrlForbidden
from callscope.outbound.urls import parse_url
from callscope.storage import judge

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeChoice:
    """The judge that a project's calls are judged by, None where there is none; whose it is."""

    endpoint: JudgeEndpoint | None
    is_own: bool


async def read_judge(session: "AsyncSession", project_id: UUID, rules: JudgeRules) -> JudgeChoice:
    """Return the judge of a project."""
    own = await judge.read_endpoint(session, project_id)
    return JudgeChoice(endpoint=own or rules.endpoint, is_own=own is not None)


async def choose_judge(session: "AsyncSession", project_id: UUID, endpoint: JudgeEndpoint) -> None:
    """Give a project a judge of its own. Raises InvalidInput for an address that is never called."""
    try:
        parse_url(endpoint.url)
    except UrlForbidden as error:
        raise InvalidInput.at("url", message=f"`url`: {error.message}") from error
    await judge.save_endpoint(session, project_id, endpoint)


async def forget_judge(session: "AsyncSession", project_id: UUID) -> None:
    """Leave a project with the installation's judge."""
    await judge.remove_endpoint(session, project_id)
