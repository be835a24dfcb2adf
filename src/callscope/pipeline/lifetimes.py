"""The jobs that end data: objects first, then rows, so that a worker killed between the two leaves nothing unnamed."""

from uuid import UUID

import structlog

from callscope.core.project_rules import ProjectRules
from callscope.pipeline.context import PipelineContext
from callscope.services import lifetimes, recording_uploads, recordings
from callscope.storage.objects import call_folder

log = structlog.get_logger(__name__)


async def remove_deleted_calls(context: PipelineContext) -> None:
    """Remove every deleted call from object store and database, then uploads and originals nobody wants any more."""
    deleted = None
    while deleted != []:
        async with context.sessions() as session:
            deleted = await lifetimes.deleted_calls(session)
        for project_id, call_id in deleted:
            for key in await context.objects.keys(call_folder(project_id, call_id)):
                await context.objects.delete(key)
            async with context.sessions.begin() as session:
                await lifetimes.remove_call(session, call_id)
            log.info("call_removed", call_id=str(call_id))
    count = -1
    while count != 0:
        async with context.sessions.begin() as session:
            count = await recording_uploads.sweep(session, context.objects, now=context.clock.now())
    count = -1
    while count != 0:
        async with context.sessions.begin() as session:
            count = await recordings.remove_unwanted_originals(session, context.objects)


async def apply_retention(context: PipelineContext) -> None:
    """Remove what projects have kept as long as they want to."""
    async with context.sessions() as session:
        rules_of = await lifetimes.rules_with_retention(session)
    for project_id, rules in rules_of.items():
        await _remove_recordings(context, project_id, rules)
        for remove in (lifetimes.remove_old_words, lifetimes.remove_old_traces):
            count = -1
            while count != 0:
                async with context.sessions.begin() as session:
                    count = await remove(session, project_id, rules, now=context.clock.now())


async def _remove_recordings(context: PipelineContext, project_id: UUID, rules: ProjectRules) -> None:
    while True:
        async with context.sessions() as session:
            old = await lifetimes.old_recordings(session, project_id, rules, now=context.clock.now())
        for call_id, object_keys in old.items():
            for key in object_keys:
                await context.objects.delete(key)
            async with context.sessions.begin() as session:
                await lifetimes.remove_recordings(session, call_id, object_keys)
        if not old:
            return
