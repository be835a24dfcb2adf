"""Every setting of Callscope, read from `CALLSCOPE_*` environment variables and nowhere else."""

from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from callscope.core.judge import TokenPrice
from callscope.core.roles import Role

Network = IPv4Network | IPv6Network


class Settings(BaseSettings):
    """What an operator may set. Defaults run everything on one machine from one data directory."""

    # What is refused may hold a secret, written the wrong way.
    model_config = SettingsConfigDict(env_prefix="CALLSCOPE_", extra="ignore", hide_input_in_errors=True)

    data_dir: Path = Field(
        default=Path("callscope-data"),
        description="Where the embedded database, the local object store and the signing secret live.",
    )
    database_url: SecretStr | None = Field(
        default=None,
        description="PostgreSQL (15 or newer) to use instead of the embedded one: `postgresql://user@host/name`.",
    )
    object_store_url: str | None = Field(
        default=None,
        description="Where recordings are kept: `file:///path`, `s3://bucket/prefix`, `gs://…` or `az://…`. "
        "Default: `objects` inside the data directory.",
    )
    public_url: str | None = Field(
        default=None,
        description="The address under which clients reach this server, used in signed recording URLs. "
        "Default: the address the request came to.",
    )
    secret_key: SecretStr | None = Field(
        default=None,
        description="Signs recording URLs and page sessions. Default: made once and kept in the data directory; "
        "set it when several hosts serve one database.",
    )
    bootstrap_api_key: SecretStr | None = Field(
        default=None,
        description="An API key that exists from the first start on, with full rights on the project `default`.",
    )
    fetch_allow_networks: Annotated[tuple[Network, ...], NoDecode] = Field(
        default=(),
        description="Comma-separated CIDRs that recordings may be fetched from besides public addresses.",
    )
    fetch_concurrency: int = Field(default=8, ge=1, description="Recordings one worker fetches at the same time.")
    fetch_timeout_s: float = Field(default=600.0, gt=0, description="Longest time one recording download may take.")
    max_recording_bytes: int = Field(default=2 * 1024**3, gt=0, description="Largest recording that is fetched.")
    max_recording_ms: int = Field(default=12 * 3600 * 1000, gt=0, description="Longest recording that is analysed.")
    max_body_bytes: int = Field(default=16 * 1024**2, gt=0, description="Largest request body that is read.")
    metrics_token: SecretStr | None = Field(
        default=None, description="Bearer token under which `/metrics` is served to Prometheus. Default: it is not."
    )
    otlp_endpoint: str | None = Field(
        default=None,
        description="Collector to which server and workers send traces of their own requests and jobs by OTLP/HTTP, "
        "without `/v1/traces`; another Callscope is one. Default: nothing is traced.",
    )
    otlp_headers: Annotated[dict[str, SecretStr], NoDecode] = Field(
        default={},
        description="Comma-separated headers sent to it: `authorization=Bearer the-key, x-team=voice`.",
    )
    requests_per_minute: int = Field(
        default=60_000,
        ge=1,
        description="Requests one API key may send a minute to one server process, a second's worth of them at once.",
    )
    max_concurrent_requests: int = Field(
        default=1024, ge=1, description="Requests one server process answers at the same time; one key gets half."
    )
    analysis_memory_bytes: int = Field(
        default=2 * 1024**3, gt=0, description="Memory limit of the process that decodes and measures one recording."
    )
    analysis_timeout_s: float = Field(
        default=3600.0, gt=0, description="Longest time the process that decodes and measures one recording may take."
    )
    analysis_concurrency: int = Field(default=1, ge=1, description="Recordings one worker measures at the same time.")
    voice_quality: bool = Field(
        default=True,
        description="Judge how good the voices sound with DNSMOS where its weights are installed; 0.4 s of processor "
        "time for every five minutes and channel.",
    )
    stt_model: str | None = Field(
        default=None,
        description="Speech model that transcribes calls which bring no transcript: a name of `callscope models list` "
        "or a directory; with a server (`CALLSCOPE_STT_URL`) what it calls its model. Without both nothing is "
        "transcribed.",
    )
    stt_url: str | None = Field(
        default=None,
        description="Server with the OpenAI transcription API to use instead of a model on this machine, up to and "
        "with `/v1`. On a private network it must be in `CALLSCOPE_FETCH_ALLOW_NETWORKS`.",
    )
    stt_api_key: SecretStr | None = Field(default=None, description="The key of that server.")
    stt_language: str | None = Field(
        default=None, description="Language of all calls (`en`, `de`, …). Default: told from the sound of each party."
    )
    stt_threads: int | None = Field(
        default=None,
        ge=1,
        description="Processor threads one transcription uses. Default: 1 in a worker, and in `callscope analyze` all.",
    )
    stt_always: bool = Field(
        default=False, description="Transcribe calls that bring a transcript too, to compare the two."
    )
    stt_timeout_s: float = Field(
        default=4 * 3600.0, gt=0, description="Longest time the transcription of one recording may take."
    )
    judge_url: str | None = Field(
        default=None,
        description="Server with the OpenAI chat API that judges calls, up to and with `/v1`. On a private network it "
        "must be in `CALLSCOPE_FETCH_ALLOW_NETWORKS`. Without it judged metrics say that no judge is configured.",
    )
    judge_model: str | None = Field(default=None, description="What that server calls the model to ask.")
    judge_api_key: SecretStr | None = Field(default=None, description="The key of that server.")
    judge_timeout_s: float = Field(default=120.0, gt=0, description="Longest time one answer of a judge may take.")
    judge_concurrency: int = Field(default=4, ge=1, description="Questions one process asks at the same time.")
    judge_requests_per_minute: int | None = Field(
        default=None, ge=1, description="Most questions one process asks in a minute. Default: no limit."
    )
    judge_transcript_chars: int = Field(
        default=48_000,
        ge=2_000,
        description="How much of a transcript is shown at once, about four characters to a token. Longer calls are "
        "read in parts.",
    )
    judge_prices: Annotated[dict[str, TokenPrice], NoDecode] = Field(
        default={},
        description="What models cost in US dollars for a million tokens read and written: "
        "`gpt-5-mini=0.25/2, other=1/3`. A model that is not named costs nothing.",
    )
    max_trace_bytes: int = Field(
        default=64 * 1024**2, gt=0, description="Largest payload of traces that is read, after inflating it."
    )
    max_waiting_trace_bytes: int = Field(
        default=256 * 1024**2,
        gt=0,
        description="Stored but unread payloads of traces beyond which senders are told to come back later.",
    )
    trace_retention_days: float = Field(
        default=30.0, gt=0, description="How long a trace is kept after its last span came in."
    )
    trace_payload_retention_days: float = Field(
        default=7.0,
        gt=0,
        description="How long payloads of traces are kept as they came, to be read again by `callscope trace replay`.",
    )
    otlp_grpc_port: int | None = Field(
        default=None, ge=0, le=65535, description="Port `callscope serve` takes OTLP over gRPC on, usually 4317."
    )
    vapi_api_key: SecretStr | None = Field(
        default=None,
        description="Vapi's private key, shown to hosts of vapi.ai alone when a recording is fetched there.",
    )
    livekit_api_key: str | None = Field(
        default=None, description="The key of LiveKit's key pair whose agents may send sessions by themselves."
    )
    livekit_api_secret: SecretStr | None = Field(default=None, description="The secret of that key pair.")
    livekit_project: str = Field(
        default="default", description="Name of the project whose calls those agents' sessions are."
    )
    retell_api_key: SecretStr | None = Field(
        default=None, description="Retell's key that signs its webhooks. Default: their signatures are not checked."
    )
    live_silence_s: float = Field(
        default=3600.0, gt=0, description="Silence after which a running call whose end never came is closed."
    )
    server_url: str | None = Field(
        default=None,
        description="The server that `callscope call` sends to. Default: the public URL, else the one of this machine.",
    )
    api_key: SecretStr | None = Field(
        default=None, description="The API key that `callscope call` uses. Default: the bootstrap key."
    )
    oidc_issuer: str | None = Field(
        default=None,
        description="Issuer of the OpenID Connect provider that people may sign in with. On a private network it must "
        "be in `CALLSCOPE_FETCH_ALLOW_NETWORKS`. Default: passwords and API keys only.",
    )
    oidc_client_id: str | None = Field(default=None, description="What that provider calls this installation.")
    oidc_client_secret: SecretStr | None = Field(
        default=None, description="The secret of that client. Default: a public client, which PKCE alone guards."
    )
    oidc_label: str = Field(default="your organisation", description="What the sign-in page calls the provider.")
    oidc_domains: Annotated[frozenset[str], NoDecode] = Field(
        default=frozenset(),
        description="Comma-separated domains of verified addresses whose people need no invitation.",
    )
    oidc_project: str = Field(default="default", description="Name of the project those people become members of.")
    oidc_role: Role = Field(default=Role.VIEWER, description="What they are there.")
    host: str = Field(default="127.0.0.1", description="Address `callscope serve` listens on.")
    port: int = Field(default=8000, ge=0, le=65535, description="Port `callscope serve` listens on.")
    workers: int = Field(default=1, ge=0, description="Worker processes `callscope serve` starts beside the server.")
    worker_heartbeat_s: float = Field(default=5.0, gt=0, description="How often a worker says that it is alive.")
    worker_stalled_after_s: float = Field(
        default=20.0, gt=0, description="Silence after which a worker counts as dead and its jobs are taken over."
    )
    log_format: str = Field(default="auto", pattern="^(auto|json|console)$", description="`json`, `console` or `auto`.")

    @field_validator("fetch_allow_networks", mode="before")
    @classmethod
    def _split_networks(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("oidc_domains", mode="before")
    @classmethod
    def _split_domains(cls, value: object) -> object:
        if isinstance(value, str):
            return frozenset(part.strip().lower().removeprefix("@") for part in value.split(",") if part.strip())
        return value

    @field_validator("otlp_endpoint")
    @classmethod
    def _check_endpoint(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.query:
            raise ValueError(
                "this is no address of a collector: write it like http://collector:4318, and keys into "
                "CALLSCOPE_OTLP_HEADERS"
            )
        return value

    @field_validator("otlp_headers", mode="before")
    @classmethod
    def _split_headers(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        parts = [part.partition("=") for part in value.split(",") if part.strip()]
        if not all(name.strip() and separator for name, separator, _ in parts):
            raise ValueError("write headers like authorization=Bearer the-key, x-team=voice")
        return {name.strip().lower(): content.strip() for name, _, content in parts}

    @field_validator("judge_prices", mode="before")
    @classmethod
    def _parse_prices(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return {
            model.strip(): _to_price(price)
            for model, _, price in (part.rpartition("=") for part in value.split(",") if part.strip())
        }


def _to_price(text: str) -> TokenPrice:
    """Return the price that `0.25/2` says."""
    try:
        read, written = (round(float(part) * 1_000_000) for part in text.split("/"))
    except ValueError as error:
        raise ValueError(
            f"{text!r} is no price: write dollars per million tokens, read/written, like 0.25/2"
        ) from error
    return TokenPrice(input_micros_per_million=read, output_micros_per_million=written)
