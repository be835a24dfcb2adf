"""The web application: API and pages in one FastAPI app."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from functools import partial
from importlib.metadata import version
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import FastAPI, Request
from opentelemetry.trace import TracerProvider

from callscope.api import errors
from callscope.api.body_limit import BodyLimitMiddleware
from callscope.api.compression import CompressionMiddleware
from callscope.api.context import ApiContext
from callscope.api.integration_intake import IntegrationIntake
from callscope.api.limits import LimitMiddleware, RequestLimits, TokenBuckets
from callscope.api.livekit_intake import UPLOAD_PATH as SESSION_PATH
from callscope.api.livekit_intake import KeyPair, LivekitIntake
from callscope.api.openapi import describe
from callscope.api.recording_intake import UPLOAD_PATH as RECORDING_UPLOAD_PATH
from callscope.api.recording_intake import RecordingIntake
from callscope.api.request_ids import RequestIdMiddleware
from callscope.api.request_spans import RequestSpanMiddleware, tracing_with
from callscope.api.router import PARTS
from callscope.api.routes.monitoring import MetricsContext
from callscope.api.routes.recordings import PlaybackContext
from callscope.api.security_headers import SecurityHeadersMiddleware
from callscope.api.telemetry import Telemetry, TelemetryMiddleware
from callscope.api.trace_intake import TraceIntake
from callscope.boot.wiring import Wiring, judge_rules
from callscope.core.sign_in import ProviderRules
from callscope.outbound.probe import probe_recording
from callscope.services.judging import Judge
from callscope.services.keys import DEFAULT_PROJECT, create_key
from callscope.services.sign_in_provider import SignInProvider
from callscope.services.signing import PLAY_RECORDING
from callscope.storage.engine import is_reachable
from callscope.storage.notifications import listening
from callscope.web.form_tokens import FormSigner
from callscope.web.installed_parts import InstalledParts
from callscope.web.live import LiveChanges
from callscope.web.pages import Pages
from callscope.web.router import install_pages
from callscope.web.service_reader import ServiceReader

RECORDING_URL_LIFETIME = timedelta(hours=1)

DESCRIPTION = """\
Call analytics for voice agents, measured on the recording.

Send `Authorization: Bearer <key>` with every request but `GET /health`. Answers stand under `data`; lists add
`pagination`, whose `nextCursor` is sent back as `after`. Times in a call are integer milliseconds from its start.
Every answer carries an `x-request-id`, every error repeats it as `request_id`.
"""


Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def build_api(
    context: ApiContext,
    *,
    max_body_bytes: int,
    max_recording_bytes: int | None = None,
    limits: RequestLimits | None = None,
    keys: TokenBuckets | None = None,
    telemetry: Telemetry | None = None,
    is_tls: bool = False,
    lifespan: Lifespan | None = None,
    tracers: TracerProvider | None = None,
) -> FastAPI:
    """Return an app with every route of the API. `lifespan` surrounds its serving, on the server's event loop.

    `tracers` makes each request a span, None: no request costs anything for it.
    """
    app = _routed(context.version, lifespan=lifespan, tracers=tracers)
    app.state.api = context
    max_recording_bytes = max_recording_bytes or max_body_bytes
    larger = {SESSION_PATH: max_recording_bytes, f"{RECORDING_UPLOAD_PATH}/": max_recording_bytes}
    app.add_middleware(CompressionMiddleware)
    app.add_middleware(BodyLimitMiddleware, max_bytes=max_body_bytes, larger=larger)
    app.add_middleware(LimitMiddleware, limits=limits or RequestLimits(), keys=keys)
    app.add_middleware(SecurityHeadersMiddleware, is_tls=is_tls)
    app.add_middleware(TelemetryMiddleware, telemetry=telemetry or Telemetry())
    if tracers is not None:
        app.add_middleware(RequestSpanMiddleware)
    app.add_middleware(RequestIdMiddleware)
    errors.install(app)
    return app


def openapi_document() -> dict[str, Any]:
    """Return the description of the API that a running server would serve, without a database or settings."""
    return _described(_routed(version("callscope")))


def _routed(api_version: str, *, lifespan: Lifespan | None = None, tracers: TracerProvider | None = None) -> FastAPI:
    app = FastAPI(
        title="Callscope",
        version=api_version,
        description=DESCRIPTION,
        redirect_slashes=False,
        lifespan=lifespan,
        telemetry=tracing_with(tracers),
        # What generated clients name their functions by; without the path, which a client's user need not know.
        generate_unique_id_function=lambda route: route.name,
    )
    for part in PARTS:
        app.include_router(part)
    app.openapi = lambda: _described(app)  # type: ignore[method-assign] # FastAPI's own way to extend the document
    return app


def create_app(wiring: Wiring) -> FastAPI:
    """Return the whole application; before it serves, it makes sure that the bootstrap key of the settings exists."""
    judge = Judge(wiring.outbound, judge_rules(wiring.settings))
    pages = build_pages(wiring, judge)

    @asynccontextmanager
    async def with_bootstrap_key(_: FastAPI) -> AsyncIterator[None]:
        await _ensure_bootstrap_key(wiring)
        async with pages.changes.running(), wiring.statements.wake_ups.running(wiring.statements):
            yield

    settings, telemetry = wiring.settings, Telemetry()
    app = build_api(
        _api_context(wiring, judge),
        max_body_bytes=wiring.settings.max_body_bytes,
        max_recording_bytes=wiring.settings.max_recording_bytes,
        limits=RequestLimits(
            requests_per_minute=wiring.settings.requests_per_minute,
            max_concurrent=wiring.settings.max_concurrent_requests,
            max_concurrent_of_key=max(1, wiring.settings.max_concurrent_requests // 2),
        ),
        keys=wiring.key_buckets,
        telemetry=telemetry,
        is_tls=(settings.public_url or "").startswith("https://"),
        lifespan=with_bootstrap_key,
        tracers=wiring.tracers,
    )
    token = settings.metrics_token
    app.state.metrics = MetricsContext(telemetry=telemetry, token=None if token is None else token.get_secret_value())
    app.state.traces = trace_intake(wiring)
    app.state.integrations = integration_intake(wiring)
    app.state.livekit = livekit_intake(wiring)
    app.state.recording_uploads = recording_intake(wiring)
    app.state.playback = PlaybackContext(reads=wiring.reads, objects=wiring.objects, signer=wiring.signer)
    install_pages(app, pages)
    return app


def trace_intake(wiring: Wiring) -> TraceIntake:
    """Return where traces come in."""
    return TraceIntake(
        transactions=wiring.sessions,
        reads=wiring.reads,
        clock=wiring.clock,
        max_bytes=wiring.settings.max_trace_bytes,
        max_waiting_bytes=wiring.settings.max_waiting_trace_bytes,
        keys=wiring.key_buckets,
    )


def integration_intake(wiring: Wiring) -> IntegrationIntake:
    """Return where integrations' messages come in."""
    retell_key = wiring.settings.retell_api_key
    return IntegrationIntake(
        transactions=wiring.sessions,
        statements=wiring.statements,
        objects=wiring.objects,
        signer=wiring.signer,
        clock=wiring.clock,
        max_chunk_bytes=wiring.settings.max_body_bytes,
        public_url=wiring.settings.public_url,
        retell_secret=None if retell_key is None else retell_key.get_secret_value(),
    )


def livekit_intake(wiring: Wiring) -> LivekitIntake:
    """Return where sessions of LiveKit's agents come in."""
    settings = wiring.settings
    pair = None
    if settings.livekit_api_key is not None and settings.livekit_api_secret is not None:
        secret = settings.livekit_api_secret.get_secret_value()
        pair = KeyPair(api_key=settings.livekit_api_key, secret=secret, project=settings.livekit_project)
    return LivekitIntake(
        key_pair=pair,
        transactions=wiring.sessions,
        statements=wiring.statements,
        objects=wiring.objects,
        clock=wiring.clock,
        max_recording_bytes=settings.max_recording_bytes,
    )


def recording_intake(wiring: Wiring) -> RecordingIntake:
    """Return where recordings are uploaded to."""
    return RecordingIntake(
        transactions=wiring.sessions,
        objects=wiring.objects,
        signer=wiring.signer,
        clock=wiring.clock,
        max_bytes=wiring.settings.max_recording_bytes,
        public_url=wiring.settings.public_url,
    )


def _api_context(wiring: Wiring, judge: Judge) -> ApiContext:
    def sign_recording_url(request: Request, recording_id: UUID) -> str:
        address = wiring.settings.public_url or str(request.base_url)
        return address.rstrip("/") + _sign_recording_path(wiring, recording_id)

    return ApiContext(
        transactions=wiring.sessions,
        reads=wiring.reads,
        statements=wiring.statements,
        recent_keys=wiring.recent_keys,
        probe_recording=partial(probe_recording, wiring.outbound),
        sign_recording_url=sign_recording_url,
        is_database_reachable=partial(is_reachable, wiring.engine),
        clock=wiring.clock,
        version=version("callscope"),
        judge=judge,
    )


def build_pages(wiring: Wiring, judge: Judge | None = None) -> Pages:
    """Return what the pages work with; the API's judge where both serve, so that its limits hold for both."""
    reader = ServiceReader(
        transactions=wiring.sessions,
        reads=wiring.reads,
        sign_recording=partial(_sign_recording_path, wiring),
        clock=wiring.clock,
    )
    return Pages(
        reader=reader,
        transactions=wiring.sessions,
        reads=wiring.reads,
        signer=FormSigner(wiring.secret),
        clock=wiring.clock,
        recent_keys=wiring.recent_keys,
        changes=LiveChanges(partial(listening, wiring.database_url)),
        provider=sign_in_provider(wiring),
        public_url=wiring.settings.public_url,
        judge=judge or Judge(wiring.outbound, judge_rules(wiring.settings)),
        parts=InstalledParts(
            judges_voice_quality=wiring.settings.voice_quality,
            transcribes_beside_brought=wiring.settings.stt_always,
            trace_retention_days=wiring.settings.trace_retention_days,
        ),
    )


def sign_in_provider(wiring: Wiring) -> SignInProvider | None:
    """Return where people sign in besides by password, None when no provider is set up."""
    settings = wiring.settings
    if settings.oidc_issuer is None or settings.oidc_client_id is None:
        return None
    secret = settings.oidc_client_secret
    rules = ProviderRules(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        client_secret=None if secret is None else secret.get_secret_value(),
        label=settings.oidc_label,
        domains=settings.oidc_domains,
        project=settings.oidc_project,
        role=settings.oidc_role,
    )
    return SignInProvider(rules, wiring.outbound, wiring.clock, secret=wiring.secret)


def _sign_recording_path(wiring: Wiring, recording_id: UUID) -> str:
    query = wiring.signer.sign(PLAY_RECORDING, str(recording_id), expires_in=RECORDING_URL_LIFETIME)
    return f"/v1/recordings/{recording_id}?{urlencode(query)}"


async def _ensure_bootstrap_key(wiring: Wiring) -> None:
    plain_key = wiring.settings.bootstrap_api_key
    if plain_key is not None:
        async with wiring.sessions.begin() as session:
            await create_key(
                session, project_name=DEFAULT_PROJECT, name="bootstrap", plain_key=plain_key.get_secret_value()
            )


def _described(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        app.openapi_schema = describe(app, PARTS)
    return app.openapi_schema
