"""The judge as a service that is asked: where it is, what it used, what that cost."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

TOKENS_PRICED = 1_000_000
"""How many tokens a price is for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenPrice:
    """What a million tokens cost, in millionths of a US dollar."""

    input_micros_per_million: int
    output_micros_per_million: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeEndpoint:
    """A server with the OpenAI chat API, up to and with `/v1`, and the model asked there."""

    url: str
    model: str
    api_key: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeRules:
    """The installation's judge, None where there is none, and how any judge is asked.

    `transcript_chars` is how much of a transcript is shown at once, about four characters to a token. A judge that is
    away is asked again after each of `retry_waits_s`. `prices` are by model; a model without one costs nothing.
    """

    endpoint: JudgeEndpoint | None = None
    timeout_s: float = 120.0
    concurrency: int = 4
    requests_per_minute: int | None = None
    transcript_chars: int = 48_000
    retry_waits_s: tuple[float, ...] = (1.0, 4.0)
    prices: Mapping[str, TokenPrice] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenUsage:
    """What requests to a judge used, as the server counted it."""

    request_count: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0

    def __add__(self, other: "TokenUsage") -> "TokenUsage":
        return TokenUsage(
            request_count=self.request_count + other.request_count,
            prompt_tokens=self.prompt_tokens + other.prompt_tokens,
            completion_tokens=self.completion_tokens + other.completion_tokens,
        )

    def cost(self, price: TokenPrice | None) -> "TokenCost":
        """Return what it costs; nothing where no price is known."""
        if price is None:
            return TokenCost()
        return TokenCost(
            input_micros=-(-self.prompt_tokens * price.input_micros_per_million // TOKENS_PRICED),
            output_micros=-(-self.completion_tokens * price.output_micros_per_million // TOKENS_PRICED),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenCost:
    """What tokens cost in millionths of a US dollar, each part rounded up."""

    input_micros: int = 0
    output_micros: int = 0

    @property
    def total_micros(self) -> int:
        """Both parts."""
        return self.input_micros + self.output_micros


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeUse:
    """What one question about one call used; `definition_id` is None for its title and summary."""

    id: UUID
    call_id: UUID
    job_id: UUID | None
    definition_id: UUID | None
    provider: str
    model: str
    usage: TokenUsage
    cost: TokenCost
    occurred_at: datetime
