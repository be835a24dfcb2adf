"""The words of calls, for full-text search: folded by `core.words`, so that no locale of a database matters."""

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, ForeignKey, Index, Text, cast, false, func, literal, select, text
from sqlalchemy.dialects.postgresql import ARRAY, TSQUERY, TSVECTOR, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, Mapped, mapped_column

from callscope.core.words import distinct_words, words_in
from callscope.storage.base import Base
from callscope.storage.calls import CallRow
from callscope.storage.transcripts import TranscriptEntryRow, TranscriptRow

MAX_BYTES = 500_000
"""Of distinct words a call; PostgreSQL takes about a million. A day of talk has a tenth of it."""

COMMON_TIMES = 10
"""A word that so many times as many calls have as another one asked for is common beside it."""


class CallWordsRow(Base):
    """Each word of a call's title, summary and transcripts."""

    __tablename__ = "call_words"
    __table_args__ = (Index(None, "words", postgresql_using="gin"),)

    call_id: Mapped[UUID] = mapped_column(ForeignKey("call.id", ondelete="CASCADE"), primary_key=True)
    words: Mapped[str] = mapped_column(TSVECTOR)


def words_of(texts: Iterable[str]) -> list[str]:
    """Return what is stored of texts."""
    return distinct_words(texts, max_bytes=MAX_BYTES)


def has(
    call_id: InstrumentedAttribute[UUID], search_text: str, *, common_words: frozenset[str] = frozenset()
) -> ColumnElement[bool]:
    """Return the condition that a call has, for each word of a text, one that begins with it.

    Of `common_words` the index is not asked.
    """
    words = words_in(search_text)
    if not words:
        return false()
    asked = select(CallWordsRow.call_id).where(CallWordsRow.words.op("@@")(_query(set(words) - common_words)))
    if common_words:
        # The operator's own function: the planner knows no index for it.
        asked = asked.where(func.ts_match_vq(CallWordsRow.words, _query(common_words)))
    return call_id.in_(asked)


async def common_in(session: AsyncSession, search_text: str) -> frozenset[str]:
    """Return the words of a text that so many more calls have than its rarest that the index should not be asked.

    The index lists every call that has any word of that beginning before it compares: of a million calls, a tenth of
    a second for the article beside the name. How many have one is the planner's estimate, not a look.
    """
    words = sorted(set(words_in(search_text)))
    if len(words) < 2:  # noqa: PLR2004 - nothing to compare
        return frozenset()
    asked = (f"SELECT FROM call_words WHERE words @@ CAST(:word_{number} AS tsquery)" for number in range(len(words)))
    explain = text(f"EXPLAIN (FORMAT JSON) {' UNION ALL '.join(asked)}")
    parameters = {f"word_{number}": _prefix(word) for number, word in enumerate(words)}
    (plan,) = (await session.execute(explain, parameters)).scalar_one()
    counts = [part["Plan Rows"] for part in plan["Plan"]["Plans"]]
    return frozenset(word for word, count in zip(words, counts, strict=True) if count > COMMON_TIMES * min(counts))


def _query(words: Collection[str]) -> ColumnElement[Any]:
    return cast(" & ".join(_prefix(word) for word in sorted(words)), TSQUERY)


def _prefix(word: str) -> str:
    # Folded words hold letters and digits only: there is nothing to escape.
    return f"'{word}':*"


async def refresh(session: AsyncSession, call_id: UUID) -> None:
    """Store the words of a call anew, after its title, summary or a transcript of it changed."""
    head = (await session.execute(select(CallRow.title, CallRow.summary).where(CallRow.id == call_id))).one()
    spoken = (
        select(TranscriptEntryRow.text)
        .join(TranscriptRow, TranscriptRow.id == TranscriptEntryRow.transcript_id)
        .where(TranscriptRow.call_id == call_id)
        .order_by(TranscriptRow.source, TranscriptEntryRow.position)
    )
    texts = [each for each in head if each is not None] + list((await session.execute(spoken)).scalars())
    words = func.array_to_tsvector(literal(words_of(texts), ARRAY(Text())))
    statement = insert(CallWordsRow).values(call_id=call_id, words=words)
    await session.execute(statement.on_conflict_do_update(index_elements=["call_id"], set_={"words": words}))
