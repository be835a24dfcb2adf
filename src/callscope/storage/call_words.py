"""The words of calls, for full-text search: folded by `core.words`, so that no locale of a database matters."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import ColumnElement, ForeignKey, Index, Text, cast, false, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY, TSQUERY, TSVECTOR, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, Mapped, mapped_column

from callscope.core.words import distinct_words, words_in
from callscope.storage.base import Base
from callscope.storage.calls import CallRow
from callscope.storage.transcripts import TranscriptEntryRow, TranscriptRow

MAX_BYTES = 500_000
"""Of distinct words a call; PostgreSQL takes about a million. A day of talk has a tenth of it."""


class CallWordsRow(Base):
    """Each word of a call's title, summary and transcripts."""

    __tablename__ = "call_words"
    __table_args__ = (Index(None, "words", postgresql_using="gin"),)

    call_id: Mapped[UUID] = mapped_column(ForeignKey("call.id", ondelete="CASCADE"), primary_key=True)
    words: Mapped[str] = mapped_column(TSVECTOR)


def words_of(texts: Iterable[str]) -> list[str]:
    """Return what is stored of texts."""
    return distinct_words(texts, max_bytes=MAX_BYTES)


def has(call_id: InstrumentedAttribute[UUID], search_text: str) -> ColumnElement[bool]:
    """Return the condition that a call has, for each word of a text, one that begins with it."""
    words = words_in(search_text)
    if not words:
        return false()
    # Folded words hold letters and digits only: there is nothing to escape.
    query = cast(" & ".join(f"'{word}':*" for word in dict.fromkeys(words)), TSQUERY)
    return call_id.in_(select(CallWordsRow.call_id).where(CallWordsRow.words.op("@@")(query)))


async def refresh(session: AsyncSession, call_id: UUID) -> None:
    """Store the words of a call anew, after its title, summary or a transcript of it changed."""
    head = (await session.execute(select(CallRow.title, CallRow.summary).where(CallRow.id == call_id))).one()
    spoken = (
        select(TranscriptEntryRow.text)
        .join(TranscriptRow, TranscriptRow.id == TranscriptEntryRow.transcript_id)
        .where(TranscriptRow.call_id == call_id)
        .order_by(TranscriptRow.source, TranscriptEntryRow.position)
    )
    texts = [text for text in head if text is not None] + list((await session.execute(spoken)).scalars())
    words = func.array_to_tsvector(literal(words_of(texts), ARRAY(Text())))
    statement = insert(CallWordsRow).values(call_id=call_id, words=words)
    await session.execute(statement.on_conflict_do_update(index_elements=["call_id"], set_={"words": words}))
