from sqlalchemy import text

from callscope.core.call import Role
from callscope.core.call_query import CallQuery
from callscope.core.ids import new_id
from callscope.core.transcript import TranscriptEntry
from callscope.services import calls, transcripts
from callscope.storage import call_words
from callscope.storage.engine import SessionFactory
from tests.support.ingested_calls import ingest_call


async def found(sessions: SessionFactory, search_text: str) -> int:
    async with sessions() as session:
        project_id = (await session.execute(text("SELECT id FROM project"))).scalar_one()
        return (await calls.list_calls(session, project_id, CallQuery(search_text=search_text))).total


async def test_what_was_recognised_is_found(sessions: SessionFactory) -> None:
    call = await ingest_call(
        sessions, recording_url="https://x.example/a.wav", lines=[(Role.AGENT, "Good morning", 0, 900)]
    )
    heard = TranscriptEntry(
        id=new_id(),
        role=Role.CUSTOMER,
        participant_id=None,
        text="Guten Abend, Café Müller?",
        start_offset_ms=0,
        end_offset_ms=900,
        language_code="de",
        payload=None,
    )
    assert await found(sessions, "muller") == 0
    async with sessions.begin() as session:
        await transcripts.keep_recognized(session, call, [heard])
    assert await found(sessions, "muller cafe morning") == 1


async def test_title_and_summary_are_found_once_refreshed(sessions: SessionFactory) -> None:
    call = await ingest_call(sessions, recording_url="https://x.example/a.wav")
    async with sessions.begin() as session:
        await session.execute(text("UPDATE call SET title = 'Refund', summary = 'Paid back'"))
        await call_words.refresh(session, call.id)
    assert await found(sessions, "refund back") == 1
    assert await found(sessions, "refund front") == 0
