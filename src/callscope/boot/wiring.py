"""The parts of the running service, built from settings in one place."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.metadata import version

from opentelemetry.trace import NoOpTracer, Tracer, TracerProvider
from sqlalchemy.ext.asyncio import AsyncEngine

from callscope.api.limits import TokenBuckets, key_buckets
from callscope.boot.secret import signing_secret
from callscope.boot.settings import Settings
from callscope.core.clock import Clock, SystemClock
from callscope.core.judge import JudgeEndpoint, JudgeRules
from callscope.outbound.client import OutboundClient
from callscope.pipeline.context import ArtifactKey, LiveRules, PipelineContext, TraceRules
from callscope.pipeline.transcribing_process import RecognizerChoice
from callscope.services.recent_keys import RecentKeys
from callscope.services.signing import Signer
from callscope.storage.engine import SessionFactory, create_engine, read_session_factory, session_factory
from callscope.storage.objects import Objects
from callscope.storage.statements import Statements
from callscope.storage.tables import load_metadata

VAPI_DOMAIN = "vapi.ai"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """What processes of the service share. `database_url` is a libpq URL, `secret` what signers derive keys from."""

    settings: Settings
    database_url: str
    engine: AsyncEngine
    sessions: SessionFactory
    reads: SessionFactory
    statements: Statements
    objects: Objects
    outbound: OutboundClient
    clock: Clock
    secret: bytes
    signer: Signer
    recent_keys: RecentKeys
    key_buckets: TokenBuckets
    tracers: TracerProvider | None = None

    def pipeline_context(self) -> PipelineContext:
        """Return what the stages work with."""
        return PipelineContext(
            sessions=self.sessions,
            objects=self.objects,
            outbound=self.outbound,
            clock=self.clock,
            tracer=_tracer(self.tracers),
            max_recording_bytes=self.settings.max_recording_bytes,
            max_recording_ms=self.settings.max_recording_ms,
            fetch_timeout_s=self.settings.fetch_timeout_s,
            measure_memory_bytes=self.settings.analysis_memory_bytes,
            measure_timeout_s=self.settings.analysis_timeout_s,
            recognizer=_recognizer(self.settings),
            judge=judge_rules(self.settings),
            transcribes_beside_brought=self.settings.stt_always,
            judges_voice_quality=self.settings.voice_quality,
            transcribe_timeout_s=self.settings.stt_timeout_s,
            artifact_keys=_artifact_keys(self.settings),
            live=LiveRules(
                silence_s=self.settings.live_silence_s,
                message_retention_days=self.settings.trace_payload_retention_days,
            ),
            traces=TraceRules(
                max_bytes=self.settings.max_trace_bytes,
                retention_days=self.settings.trace_retention_days,
                payload_retention_days=self.settings.trace_payload_retention_days,
            ),
        )


def _tracer(tracers: TracerProvider | None) -> Tracer:
    return NoOpTracer() if tracers is None else tracers.get_tracer("callscope", version("callscope"))


def judge_rules(settings: Settings) -> JudgeRules:
    """Return the installation's judge, and how any judge is asked."""
    key = settings.judge_api_key
    endpoint = None
    if settings.judge_url is not None and settings.judge_model is not None:
        endpoint = JudgeEndpoint(
            url=settings.judge_url,
            model=settings.judge_model,
            api_key=None if key is None else key.get_secret_value(),
        )
    return JudgeRules(
        endpoint=endpoint,
        timeout_s=settings.judge_timeout_s,
        concurrency=settings.judge_concurrency,
        requests_per_minute=settings.judge_requests_per_minute,
        transcript_chars=settings.judge_transcript_chars,
        prices=settings.judge_prices,
    )


def _artifact_keys(settings: Settings) -> tuple[ArtifactKey, ...]:
    key = settings.vapi_api_key
    return () if key is None else (ArtifactKey(domain=VAPI_DOMAIN, key=key.get_secret_value()),)


def _recognizer(settings: Settings) -> RecognizerChoice:
    key = settings.stt_api_key
    return RecognizerChoice(
        model=settings.stt_model,
        store=settings.data_dir / "models",
        url=settings.stt_url,
        api_key=None if key is None else key.get_secret_value(),
        language=settings.stt_language,
        thread_count=settings.stt_threads or 1,
        allowed_networks=settings.fetch_allow_networks,
    )


@asynccontextmanager
async def open_wiring(
    settings: Settings, database_url: str, *, tracers: TracerProvider | None = None
) -> AsyncIterator[Wiring]:
    """Yield the parts and close them at the end of the block; connections are opened when first used.

    `tracers` makes the spans of the service's own traces, None: there are none.
    """
    # A statement on one table may need to know the tables it refers to.
    load_metadata()
    engine = create_engine(database_url)
    outbound = OutboundClient(allowed_networks=settings.fetch_allow_networks, tracer=_tracer(tracers))
    clock, secret = SystemClock(), signing_secret(settings)
    try:
        yield Wiring(
            settings=settings,
            database_url=database_url,
            engine=engine,
            sessions=session_factory(engine),
            reads=read_session_factory(engine),
            statements=Statements(engine),
            objects=Objects.open(settings.object_store_url, default_dir=settings.data_dir / "objects"),
            outbound=outbound,
            clock=clock,
            secret=secret,
            signer=Signer(secret, clock),
            recent_keys=RecentKeys(),
            key_buckets=key_buckets(settings.requests_per_minute),
            tracers=tracers,
        )
    finally:
        await outbound.aclose()
        await engine.dispose()
