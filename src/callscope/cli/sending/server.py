"""The server that a recording is sent to, as the command line talks to it: over HTTP, with what went wrong in words."""

import hashlib
from collections.abc import Callable, Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx

from callscope.core.errors import CallscopeError
from callscope.outbound.containers import SNIFFED_BYTES, sniff

CHUNK_BYTES = 256 * 1024
TIMEOUT = httpx.Timeout(60.0, connect=10.0)
KEY_REMEDY = "Pass a key with --key or CALLSCOPE_API_KEY; `callscope key create` makes one."
ADDRESS_REMEDY = "Start it with `callscope serve`, or name another with --url or CALLSCOPE_SERVER_URL."

OnProgress = Callable[[int], None]
"""Told the bytes that were sent so far."""


class SendingFailed(CallscopeError):
    """The server was not reached, or refused what was sent; the message says why and what to do."""

    code = "sending_failed"


class Server:
    """One server and the key it is asked with. Every method raises SendingFailed."""

    def __init__(self, url: str, key: str) -> None:
        self.url = url.rstrip("/")
        self._client = httpx.Client(base_url=self.url, headers={"authorization": f"Bearer {key}"}, timeout=TIMEOUT)
        self._uploads = httpx.Client(timeout=TIMEOUT)

    def close(self) -> None:
        """Close every connection."""
        self._client.close()
        self._uploads.close()

    def upload(self, path: Path, on_progress: OnProgress) -> str:
        """Stream a recording to the server and return the URL a call names it by."""
        size_bytes = _checked_size(path)
        upload = self._asked("POST", "/v1/recording-upload")
        if size_bytes > upload["maxBytes"]:
            raise SendingFailed(
                f"{path} has {size_bytes} bytes, more than the {upload['maxBytes']} the server takes. Send it "
                "compressed, or raise CALLSCOPE_MAX_RECORDING_BYTES there."
            )
        digest = hashlib.sha256()
        answer = self._send(
            self._uploads,
            upload["method"],
            upload["uploadUrl"],
            content=_read(path, digest.update, on_progress),
            headers={"content-length": str(size_bytes), "content-type": "application/octet-stream"},
        )
        if answer["sha256"] != digest.hexdigest():
            raise SendingFailed(f"{path} did not arrive as it is on disk, or was changed meanwhile. Send it again.")
        return str(answer["recordingUrl"])

    def create_call(self, body: dict[str, Any]) -> dict[str, Any]:
        """Create a call and return it as the server answers it."""
        return dict(self._asked("POST", "/v1/call", json=body))

    def read_call(self, call_id: str) -> dict[str, Any]:
        """Return a call."""
        return dict(self._asked("GET", f"/v1/call/{call_id}"))

    def read_analysis(self, call_id: str) -> dict[str, Any]:
        """Return where a call's analysis stands."""
        return dict(self._asked("GET", f"/v1/call/{call_id}/analysis"))

    def list_metrics(self, call_id: str) -> list[dict[str, Any]]:
        """Return a call's metrics with their values."""
        return list(self._asked("GET", f"/v1/call/{call_id}/metrics"))

    def _asked(self, method: str, path: str, **request: Any) -> Any:  # noqa: ANN401 - any JSON
        return self._send(self._client, method, path, **request)

    def _send(self, client: httpx.Client, method: str, url: str, **request: Any) -> Any:  # noqa: ANN401 - any JSON
        try:
            response = client.request(method, url, **request)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise SendingFailed(f"{self.url} is no address of a server. {ADDRESS_REMEDY}") from error
        except httpx.ConnectError as error:
            raise SendingFailed(f"Nothing answers at {self.url}. {ADDRESS_REMEDY}") from error
        except httpx.TransportError as error:
            raise SendingFailed(f"The connection to {self.url} broke off ({error}). Run the command again.") from error
        if not response.is_success:
            raise SendingFailed(_refusal(response))
        try:
            return response.json()["data"]
        except (ValueError, KeyError, TypeError) as error:
            raise SendingFailed(f"What answers at {self.url} is no Callscope server. {ADDRESS_REMEDY}") from error


def _checked_size(path: Path) -> int:
    with path.open("rb") as file:
        if sniff(file.read(SNIFFED_BYTES)) is None:
            raise SendingFailed(f"{path} is in no known audio format; send WAV, MP3, MP4/M4A or OGG.")
    return path.stat().st_size


def _read(path: Path, digest: Callable[[bytes], None], on_progress: OnProgress) -> Iterator[bytes]:
    sent_bytes = 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest(chunk)
            yield chunk
            sent_bytes += len(chunk)
            on_progress(sent_bytes)


def _refusal(response: httpx.Response) -> str:
    """Return what the server says is wrong, every field of it, with the remedy that only we know."""
    try:
        body = response.json()
        issues = body.get("error", {}).get("issues") or [{"message": body["message"]}]
        said = " ".join(str(issue["message"]) for issue in issues)
    except (ValueError, KeyError, TypeError, AttributeError):
        said = f"The server answered {response.status_code} {response.reason_phrase}."
    match response.status_code:
        case HTTPStatus.UNAUTHORIZED:
            return f"{said} {KEY_REMEDY}"
        case HTTPStatus.NOT_FOUND if response.request.url.path.startswith("/v1/recording-upload"):
            return f"{said} {ADDRESS_REMEDY}"
    return said
