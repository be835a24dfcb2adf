"""The judge as a service that is asked: where it is, what it used, what that cost."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID


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

    def amount_micros(self, price: TokenPrice | None) -> int:
        """Return what it costs in millionths of a US dollar, rounded up; 0 where no price is known."""
        if price is None:
            return 0
        charged = (
            self.prompt_tokens * price.input_micros_per_million
            + self.completion_tokens * price.output_micros_per_million
        )
        return -(-charged // 1_000_000)


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
    amount_micros: int
    occurred_at: datetime
