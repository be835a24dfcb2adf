"""Recordings that senders upload to us: asked for, received under a signed address, taken by one call."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from callscope.core.call import Call
from callscope.core.errors import Conflict, InvalidInput, Issue, NotFound
from callscope.core.ids import new_id
from callscope.core.new_call import NewCall
from callscope.core.recording import RecordingFile, RecordingUpload
from callscope.storage import recording_uploads
from callscope.storage.objects import upload_folder

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from callscope.storage.objects import Objects

ADDRESS = "callscope://recording-upload/"
"""What an upload's address begins with. No server answers it, so nobody but us can serve what it names."""
ADDRESSED = re.compile(re.escape(ADDRESS) + r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
BEGIN_WITHIN = timedelta(hours=1)
"""How long the address of an upload is good for."""
TAKE_WITHIN = timedelta(days=1)
"""How long an upload waits for its call."""
FORGOTTEN_AT_ONCE = 100


class UploadComplete(Conflict):
    """The upload's file is there already."""

    code = "upload_complete"

    def __init__(self) -> None:
        super().__init__(
            "This upload has its file already. Name it in a call, or ask POST /v1/recording-upload for another one."
        )


class UploadNotFound(NotFound):
    """No such upload, or not any more."""


def address_of(upload_id: UUID) -> str:
    """Return what a call names an upload by."""
    return f"{ADDRESS}{upload_id}"


def parse_address(url: str) -> UUID | None:
    """Return the upload that a recording's URL names, None for any other URL."""
    match = ADDRESSED.fullmatch(url)
    return None if match is None else UUID(match[1])


def named_by(new: NewCall) -> Mapping[str, UUID]:
    """Return the uploads that a call names, by the field that does."""
    sent = {"recordingUrl": new.recording_url, "stereoRecordingUrl": new.stereo_recording_url}
    found = {field: parse_address(url) for field, url in sent.items() if url is not None}
    return {field: upload_id for field, upload_id in found.items() if upload_id is not None}


async def request(session: "AsyncSession", project_id: UUID, *, now: datetime) -> UUID:
    """Note that a recording is about to come, and return the upload's id."""
    upload_id = new_id()
    await recording_uploads.add(session, upload_id, project_id, at=now)
    return upload_id


async def open_upload(session: "AsyncSession", upload_id: UUID) -> RecordingUpload:
    """Return an upload that still waits for its file. Raises UploadNotFound, UploadComplete."""
    found = await recording_uploads.read(session, upload_id)
    if found is None:
        raise UploadNotFound("There is no such upload any more. Ask POST /v1/recording-upload for a new one.")
    if found.file is not None:
        raise UploadComplete
    return found


def fresh_key(upload: RecordingUpload) -> str:
    """Return a key in the upload's folder that nothing was written to."""
    return upload_folder(upload.project_id, upload.id) + uuid4().hex


async def keep(session: "AsyncSession", upload_id: UUID, file: RecordingFile, *, now: datetime) -> None:
    """Make a stored file the upload's one. Raises UploadComplete when another was quicker."""
    if not await recording_uploads.keep(session, upload_id, file, at=now):
        raise UploadComplete


async def take(session: "AsyncSession", new: NewCall, call: Call, *, now: datetime) -> None:
    """Make the uploads that a new call names its own; nobody can name them again.

    Raises InvalidInput for what is no upload of the project, has not come in, or is another call's.
    """
    named = named_by(new)
    if not named:
        return
    ids = set(named.values())
    missing = ids - await recording_uploads.take(session, call.project_id, ids, call_id=call.id, at=now)
    if missing:
        known = await recording_uploads.of_project(session, call.project_id, missing)
        raise InvalidInput(
            [
                Issue(path=(field,), code="recording_not_accessible", message=_why_not(field, known.get(upload_id)))
                for field, upload_id in named.items()
                if upload_id in missing
            ],
            code="recording_not_accessible",
        )


async def taken_by(session: "AsyncSession", call_id: UUID, upload_id: UUID) -> RecordingFile:
    """Return the file of an upload that a call took. Raises UploadNotFound."""
    found = await recording_uploads.read(session, upload_id)
    if found is None or found.file is None or found.call_id != call_id:
        raise UploadNotFound("The recording that was uploaded for this call is not here any more. Send the call again.")
    return found.file


async def mark_fetched(session: "AsyncSession", call_id: UUID, *, now: datetime) -> None:
    """Note that the recordings of a call have copies of their own."""
    await recording_uploads.mark_fetched(session, call_id, at=now)


async def sweep(session: "AsyncSession", objects: "Objects", *, now: datetime) -> int:
    """Remove some uploads that nobody needs, with all their bytes; return how many."""
    needless = await recording_uploads.forget_needless(
        session, requested_before=now - TAKE_WITHIN, limit=FORGOTTEN_AT_ONCE
    )
    for project_id, upload_id in needless:
        for key in await objects.keys(upload_folder(project_id, upload_id)):
            await objects.delete(key)
    return len(needless)


def _why_not(field: str, upload: RecordingUpload | None) -> str:
    start = f"The provided recording URL is not accessible (`{field}`): "
    if upload is None:
        return f"{start}this project has no such upload. Ask for one with POST /v1/recording-upload."
    if upload.file is None:
        return f"{start}its file was not uploaded yet. PUT it to the upload's `uploadUrl` first."
    return f"{start}another call has this upload. Upload the file again for this one."
