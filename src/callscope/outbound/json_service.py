"""A server that takes forms or JSON and answers with JSON; guarded like every other request."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import httpx

from callscope.outbound.client import LATER, OutboundClient, retry_after_s
from callscope.outbound.errors import FetchCause, FetchFailed, ServiceAway, UrlForbidden

MAX_ANSWER_BYTES = 16 * 1024**2
PASSING = (FetchCause.BUSY, FetchCause.TIMED_OUT, FetchCause.UNREACHABLE, FetchCause.BROKEN_OFF)


@dataclass(frozen=True, slots=True, kw_only=True)
class FormFile:
    """The file of a form."""

    name: str
    content_type: str
    content: bytes


class JsonService:
    """Sends to paths below `url`, with `api_key` as bearer. It is not followed elsewhere: a redirect is an error."""

    def __init__(
        self, client: OutboundClient, url: str, *, api_key: str | None = None, answer_timeout_s: float = 300.0
    ) -> None:
        self._client = client
        self._url = url.rstrip("/")
        self._headers = {} if api_key is None else {"authorization": f"Bearer {api_key}"}
        self._answer_timeout_s = answer_timeout_s

    async def post_form(self, path: str, fields: Sequence[tuple[str, str]], file: FormFile) -> dict[str, Any]:
        """Send a multipart form (a field's name may come twice) and return the JSON object that is answered.

        Raises:
            ServiceAway: it cannot be reached, is busy or fails; later it may work.
            FetchFailed: it refuses, or answers with something else.
        """
        data: dict[str, list[str]] = {}
        for name, value in fields:
            data.setdefault(name, []).append(value)
        with _InOurWords():
            answered = await self._client.post(
                self._url + path,
                headers=self._headers,
                data=data,
                files={"file": (file.name, file.content, file.content_type)},
                timeout_s=self._answer_timeout_s,
                max_bytes=MAX_ANSWER_BYTES,
            )
        return _read(*answered)

    async def post_json(self, path: str, document: Mapping[str, Any]) -> dict[str, Any]:
        """Send a JSON object and return the one that is answered. Raises like `post_form`."""
        with _InOurWords():
            answered = await self._client.exchange(
                self._url + path,
                headers={**self._headers, "content-type": "application/json"},
                content=json.dumps(document, ensure_ascii=False).encode(),
                timeout_s=self._answer_timeout_s,
                max_bytes=MAX_ANSWER_BYTES,
            )
        return _read(*answered)


class _InOurWords:
    """Tells what may pass from what will not, and whose settings to look at."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, UrlForbidden):
            raise FetchFailed(
                f"The server may not be called: {error.message} CALLSCOPE_FETCH_ALLOW_NETWORKS allows its network.",
                FetchCause.FORBIDDEN,
            ) from error
        if isinstance(error, FetchFailed) and error.cause in PASSING:
            raise ServiceAway(error.message, error.cause) from error


def _read(status: int, headers: httpx.Headers, body: bytes) -> dict[str, Any]:
    if status in LATER or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise ServiceAway(
            f"The server answered {status}.",
            FetchCause.BUSY,
            http_status=status,
            retry_after_s=retry_after_s(headers),
        )
    return _object(status, body)


def _object(status: int, body: bytes) -> dict[str, Any]:
    if status != HTTPStatus.OK:
        # What it says may quote the request; the status is enough to look it up.
        raise FetchFailed(
            f"The server refuses with status {status}. Check its address, key and model.",
            FetchCause.UNUSABLE,
            http_status=status,
        )
    try:
        answer = json.loads(body)
    except ValueError as error:
        raise FetchFailed("The server answered something that is not JSON.", FetchCause.UNUSABLE) from error
    if not isinstance(answer, dict):
        raise FetchFailed("The server answered JSON that is not an object.", FetchCause.UNUSABLE)
    return answer
