"""How LiveKit's agents send sessions by themselves: a token of a known key pair, commit, and only then the answer."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID, uuid4

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request

from callscope.api.body_limit import BodyTooLarge
from callscope.core.clock import Clock
from callscope.core.errors import InvalidInput, Unauthenticated
from callscope.core.integration import Integration
from callscope.integrations.fields import parse_object
from callscope.integrations.livekit_agents import read_header
from callscope.integrations.livekit_token import is_good
from callscope.services import integration_messages, projects
from callscope.storage.engine import SessionFactory
from callscope.storage.objects import Objects, ObjectTooLarge, StoredObject
from callscope.storage.statements import Statements

UPLOAD_PATH = "/observability/recordings/v0"
READ_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPair:
    """The key pair that a LiveKit server and its agents share, and the project whose calls theirs are."""

    api_key: str
    secret: str
    project: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LivekitIntake:
    """Takes what agents send, put into `app.state.livekit` once at start. Without a key pair nobody may send."""

    key_pair: KeyPair | None
    transactions: SessionFactory
    statements: Statements
    objects: Objects
    clock: Clock
    max_recording_bytes: int

    async def project_of(self, request: Request) -> UUID:
        """Return the project a request belongs to. Raises Unauthenticated."""
        if self.key_pair is None:
            raise Unauthenticated(
                "No LiveKit key pair is known here. Set CALLSCOPE_LIVEKIT_API_KEY and CALLSCOPE_LIVEKIT_API_SECRET."
            )
        token = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
        pair = self.key_pair
        if not is_good(token, api_key=pair.api_key, secret=pair.secret, at=self.clock.now()):
            raise Unauthenticated("The token is missing, expired, or not signed with the key pair that is known here.")
        async with self.transactions.begin() as session:
            return await projects.ensure_project(session, pair.project)

    async def take_session(self, request: Request, project_id: UUID) -> UUID:
        """Store an uploaded session with its sound and return the message's id. Raises InvalidInput, BodyTooLarge."""
        async with request.form(max_files=3, max_fields=3) as form:
            header = read_header(await _content_of(form, "header"))
            history = await _content_of(form, "chat_history") if "chat_history" in form else b"{}"
            message = {"header": header, "chatHistory": parse_object(history or b"{}")}
            stored = await self._store(form, project_id)
            if stored is not None:
                sound = {"objectKey": stored.key, "sha256": stored.sha256, "sizeBytes": stored.size_bytes}
                message["sound"] = sound
        return await integration_messages.accept(
            self.statements,
            Integration.LIVEKIT_AGENTS,
            json.dumps(message).encode(),
            project_id=project_id,
            api_key_id=None,
            now=self.clock.now(),
        )

    async def _store(self, form: FormData, project_id: UUID) -> StoredObject | None:
        audio = form.get("audio")
        if not isinstance(audio, UploadFile):
            return None
        key = f"projects/{project_id}/sessions/{uuid4().hex}"
        try:
            return await self.objects.put(key, _parts(audio), max_bytes=self.max_recording_bytes)
        except ObjectTooLarge as error:
            raise BodyTooLarge(self.max_recording_bytes) from error


async def _content_of(form: FormData, name: str) -> bytes:
    value = form.get(name)
    if not isinstance(value, UploadFile):
        raise InvalidInput.at(name, message=f"The part `{name}` is missing. Send the session as LiveKit does.")
    return await value.read()


async def _parts(upload: UploadFile) -> AsyncIterator[bytes]:
    while content := await upload.read(READ_BYTES):
        yield content


def livekit_intake_of(request: Request) -> LivekitIntake:
    """Return the intake `boot` put into the app."""
    intake = request.app.state.livekit
    if not isinstance(intake, LivekitIntake):
        raise TypeError("app.state.livekit is not a LivekitIntake")
    return intake
