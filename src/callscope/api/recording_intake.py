"""How recordings come in that senders upload to us: check the address, stream, commit, and only then the answer."""

import asyncio
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from starlette.requests import Request

from callscope.api.body_limit import BodyTooLarge
from callscope.audio.errors import NotAudio
from callscope.core.clock import Clock
from callscope.core.errors import InvalidInput
from callscope.core.recording import RecordingFile
from callscope.services import recording_uploads, recordings
from callscope.services.recording_uploads import BEGIN_WITHIN
from callscope.services.signing import UPLOAD_RECORDING, Signer
from callscope.storage.engine import SessionFactory
from callscope.storage.objects import Objects, ObjectTooLarge

UPLOAD_PATH = "/v1/recording-upload"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingIntake:
    """Takes recordings, put into `app.state.recording_uploads` once at start.

    `public_url` is where senders reach this server, None for the address a request came to.
    """

    transactions: SessionFactory
    objects: Objects
    signer: Signer
    clock: Clock
    max_bytes: int
    public_url: str | None = None

    async def announce(self, request: Request, project_id: UUID) -> tuple[UUID, str]:
        """Return the id of a new upload and the address that takes its file, once."""
        async with self.transactions.begin() as session:
            upload_id = await recording_uploads.request(session, project_id, now=self.clock.now())
        query = self.signer.sign(UPLOAD_RECORDING, str(upload_id), expires_in=BEGIN_WITHIN)
        address = (self.public_url or str(request.base_url)).rstrip("/")
        return upload_id, f"{address}{UPLOAD_PATH}/{upload_id}?{urlencode(query)}"

    async def take(self, request: Request, upload_id: UUID, *, expires: str, signature: str) -> RecordingFile:
        """Stream a file into the object store and return once it is the upload's one.

        Raises SignatureInvalid, UploadNotFound, UploadComplete, InvalidInput, BodyTooLarge, ClientDisconnect. Then
        nothing is stored, and the address is as good as before.
        """
        self.signer.check(UPLOAD_RECORDING, str(upload_id), expires=expires, signature=signature)
        async with self.transactions() as session:
            upload = await recording_uploads.open_upload(session, upload_id)
        key = recording_uploads.fresh_key(upload)
        try:
            file = await recordings.store(self.objects, key, request.stream(), max_bytes=self.max_bytes)
        except ObjectTooLarge as error:
            raise BodyTooLarge(self.max_bytes) from error
        except NotAudio as error:
            raise InvalidInput.at(message=error.message, code=error.code) from error
        try:
            async with self.transactions.begin() as session:
                await recording_uploads.keep(session, upload_id, file, now=self.clock.now())
        except BaseException:
            await asyncio.shield(self.objects.delete(key))
            raise
        return file
