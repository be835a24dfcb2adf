"""Every route of the API."""

from fastapi import APIRouter

from callscope.api.routes import (
    call_analyses,
    call_changes,
    call_costs,
    call_metrics,
    call_transcripts,
    calls,
    health,
    otlp,
    recordings,
    traces,
)

PARTS = tuple(
    part.router
    for part in (
        health,
        calls,
        call_changes,
        call_transcripts,
        call_metrics,
        call_costs,
        call_analyses,
        recordings,
        traces,
        otlp,
    )
)

router = APIRouter()
for part in PARTS:
    router.include_router(part)
