"""Any server with the OpenAI chat API (`POST …/chat/completions`), asked for JSON of a schema."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from callscope.core.judge import JudgeEndpoint, TokenUsage
from callscope.outbound.client import OutboundClient
from callscope.outbound.errors import FetchCause, FetchFailed
from callscope.outbound.json_service import JsonService

PATH = "/chat/completions"
"""Appended to the server's base URL, which usually ends in `/v1`."""
UNSUPPORTED = (HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.NOT_IMPLEMENTED)

Options = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """What the model wrote, and what that used."""

    content: str
    usage: TokenUsage


class ChatService:
    """Asks one model. What it refuses of our options is left out from then on: not every server knows them all."""

    def __init__(self, client: OutboundClient, endpoint: JudgeEndpoint, *, timeout_s: float) -> None:
        self._service = JsonService(client, endpoint.url, api_key=endpoint.api_key, answer_timeout_s=timeout_s)
        self._model = endpoint.model
        self._refused_count = 0

    async def complete(self, messages: Sequence[Mapping[str, str]], schema: Mapping[str, Any]) -> Completion:
        """Return the model's answer to the messages.

        Raises:
            ServiceAway: the server cannot be reached, is busy or fails; later it may work.
            FetchFailed: it refuses, or answers with something that is no completion.
        """
        while True:
            tried, choices = self._refused_count, _options(schema)
            try:
                answer = await self._service.post_json(
                    PATH, {"model": self._model, "messages": list(messages), **choices[tried]}
                )
            except FetchFailed as error:
                if error.http_status not in UNSUPPORTED or tried + 1 == len(choices):
                    raise
                self._refused_count = max(self._refused_count, tried + 1)
                continue
            return _to_completion(answer)


def _options(schema: Mapping[str, Any]) -> tuple[Options, ...]:
    """Return what to ask for, the best first: JSON of the schema and no chance, down to nothing but the messages."""
    strict = {
        "response_format": {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": schema}}
    }
    return ({**strict, "temperature": 0}, strict, {"response_format": {"type": "json_object"}}, {})


def _to_completion(answer: Mapping[str, Any]) -> Completion:
    try:
        content = answer["choices"][0]["message"]["content"]
    except (KeyError, IndexError, TypeError) as error:
        raise _no_completion() from error
    if not isinstance(content, str):
        raise _no_completion()
    used = answer.get("usage")
    counted = used if isinstance(used, dict) else {}
    return Completion(
        content=content,
        usage=TokenUsage(
            request_count=1,
            prompt_tokens=_count(counted.get("prompt_tokens")),
            completion_tokens=_count(counted.get("completion_tokens")),
        ),
    )


def _count(value: object) -> int:
    return value if isinstance(value, int) and value > 0 else 0


def _no_completion() -> FetchFailed:
    return FetchFailed("The server answered something that is no chat completion.", FetchCause.UNUSABLE)
