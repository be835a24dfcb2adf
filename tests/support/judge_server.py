"""A judge on loopback: it speaks the OpenAI chat API and answers as its test tells it."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from callscope.core.judge import JudgeEndpoint, JudgeRules
from tests.support.recording_server import RecordingServer, Reply, SeenRequest

PATH = "/v1/chat/completions"
PROMPT_TOKENS, COMPLETION_TOKENS = 1000, 100

Answer = dict[str, Any] | str | int
"""A JSON object, a text taken as it is, or a status to refuse with."""


@dataclass
class JudgeServer:
    """Answers each request by `script`, which is given the body, and remembers what it was asked."""

    server: RecordingServer
    script: Callable[[dict[str, Any]], Answer] = lambda _body: verdict(value=True)
    asked: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.server.serve(PATH, self._answer)

    @property
    def endpoint(self) -> JudgeEndpoint:
        return JudgeEndpoint(url=self.server.url("/v1"), model="scripted", api_key="judge-key-1")

    def rules(self, **further: Any) -> JudgeRules:
        """Return rules with this judge, which is asked again without waiting."""
        return JudgeRules(endpoint=self.endpoint, retry_waits_s=(0.0, 0.0), timeout_s=10.0, **further)

    @property
    def questions(self) -> list[str]:
        """What each request asked: the first message of the user."""
        return [str(body["messages"][1]["content"]) for body in self.asked]

    def _answer(self, request: SeenRequest) -> Reply:
        body = json.loads(request.body)
        self.asked.append(body)
        self.keys.append(request.headers.get("authorization"))
        answer = self.script(body)
        if isinstance(answer, int):
            return Reply(status=answer, body=b"{}")
        content = answer if isinstance(answer, str) else json.dumps(answer)
        completion = {
            "choices": [{"message": {"role": "assistant", "content": content}}],
            "usage": {"prompt_tokens": PROMPT_TOKENS, "completion_tokens": COMPLETION_TOKENS},
        }
        return Reply(body=json.dumps(completion).encode())


def verdict(*evidence: tuple[int, str], value: Any, applies: bool = True, confidence: float = 0.9) -> dict[str, Any]:
    """Return an answer about a whole call; `evidence` are lines with words quoted from them."""
    return {
        "evidence": [{"line": line, "quote": quote, "reason": "It is said here."} for line, quote in evidence],
        "reasoning": "That is what was said.",
        "applies": applies,
        "value": value,
        "confidence": confidence,
    }


def verdicts(values: dict[int, Any]) -> dict[str, Any]:
    """Return an answer about parts of a call, by their numbers."""
    return {
        "verdicts": [
            {"unit": number, "reasoning": "Because.", "value": value, "confidence": 0.8}
            for number, value in values.items()
        ]
    }
