"""Every route of the API."""

from fastapi import APIRouter

from callscope.api.routes import (
    account,
    agent_endpoints,
    agent_prompts,
    agents,
    call_analyses,
    call_changes,
    call_costs,
    call_metrics,
    call_transcripts,
    calls,
    health,
    http_request_definitions,
    integrations,
    judge,
    knowledge_bases,
    livekit_observability,
    machine_docs,
    metric_collection_jobs,
    metric_definitions,
    metric_policies,
    metric_variants,
    monitoring,
    otlp,
    project_rules,
    provider_calls,
    recording_uploads,
    recordings,
    traces,
    webhook_deliveries,
    webhooks,
)

PARTS = tuple(
    part.router
    for part in (
        machine_docs,
        monitoring,
        health,
        calls,
        call_changes,
        call_transcripts,
        call_metrics,
        call_costs,
        call_analyses,
        recordings,
        recording_uploads,
        agent_endpoints,
        agents,
        agent_prompts,
        account,
        project_rules,
        webhooks,
        webhook_deliveries,
        http_request_definitions,
        metric_definitions,
        metric_variants,
        metric_policies,
        metric_collection_jobs,
        knowledge_bases,
        judge,
        traces,
        integrations,
        provider_calls,
        livekit_observability,
        otlp,
    )
)

router = APIRouter()
for part in PARTS:
    router.include_router(part)
