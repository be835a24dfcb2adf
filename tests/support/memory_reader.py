"""The pages' reader over calls that a test built."""

from uuid import UUID

from callscope.core.analysis import Analysis
from callscope.core.errors import CallNotFound, Unauthenticated
from callscope.core.ids import new_id
from callscope.core.permissions import Scope
from callscope.core.recording import Peaks
from callscope.services.keys import Principal
from callscope.web.reader import LISTED_METRICS, CallListing, CallRecord, ListedCall, TimedCall, TranscriptPart
from tests.support.built_calls import BuiltCall

PAGE_SIZE = 3


class MemoryReader:
    """Keeps records by project; every key is known by its plain text until it is revoked."""

    def __init__(self) -> None:
        self.keys: dict[str, Principal] = {}
        self.records: dict[UUID, BuiltCall] = {}
        self.peaks: dict[UUID, Peaks] = {}
        self.addresses: dict[UUID, str] = {}

    def add_key(self, plain_key: str, *, project_id: UUID, permissions: frozenset[str] | None = None) -> Principal:
        principal = Principal(
            key_id=new_id(), project_id=project_id, scope=Scope.WRITE, permissions=permissions, integration=None
        )
        self.keys[plain_key] = principal
        return principal

    def add(self, record: BuiltCall) -> UUID:
        self.records[record.call.id] = record
        return record.call.id

    async def authenticate(self, plain_key: str) -> Principal:
        if plain_key not in self.keys:
            raise Unauthenticated("Invalid API key.")
        return self.keys[plain_key]

    async def principal(self, key_id: UUID) -> Principal:
        found = next((one for one in self.keys.values() if one.key_id == key_id), None)
        if found is None:
            raise Unauthenticated("The key of this session was revoked.")
        return found

    async def list_calls(self, project_id: UUID, *, search: str | None, after: str | None) -> CallListing:
        mine = [record for record in self.records.values() if record.call.project_id == project_id]
        mine.sort(key=lambda record: record.call.started_at, reverse=True)
        found = [record for record in mine if search is None or search in (record.call.title or "")]
        first = int(after or 0)
        shown = found[first : first + PAGE_SIZE]
        listed = (
            ListedCall(
                call=record.call,
                analysis=record.analysis,
                values=tuple(value for value in record.values if value.slug in LISTED_METRICS),
            )
            for record in shown
        )
        following = first + PAGE_SIZE
        next_cursor = str(following) if following < len(found) else None
        return CallListing(calls=tuple(listed), next_cursor=next_cursor, total=len(found))

    def _visible(self, project_id: UUID, call_id: UUID) -> BuiltCall:
        record = self.records.get(call_id)
        if record is None or record.call.project_id != project_id:
            raise CallNotFound(f"There is no call {call_id} in this project.")
        return record

    async def read_call(self, project_id: UUID, call_id: UUID) -> CallRecord:
        return self._visible(project_id, call_id).record()

    async def read_transcript_part(self, project_id: UUID, call_id: UUID, index: int) -> TranscriptPart:
        return self._visible(project_id, call_id).part(index)

    async def read_timed_call(self, project_id: UUID, call_id: UUID) -> TimedCall:
        return self._visible(project_id, call_id).timed()

    async def read_analysis(self, project_id: UUID, call_id: UUID) -> Analysis | None:
        return self._visible(project_id, call_id).analysis

    async def read_peaks(self, project_id: UUID, call_id: UUID) -> Peaks | None:
        self._visible(project_id, call_id)
        return self.peaks.get(call_id)

    async def recording_address(self, project_id: UUID, call_id: UUID) -> str:
        self._visible(project_id, call_id)
        return self.addresses[call_id]
