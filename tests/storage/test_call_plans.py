"""Lists of many calls are answered by indexes, whatever is asked of them."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import psycopg
import pytest

from callscope.core.call_query import COUNTED_MATCHES, CallQuery
from callscope.core.ids import new_id
from callscope.services import calls
from callscope.storage import call_words
from callscope.storage.engine import create_engine, read_session_factory
from callscope.storage.tables import load_metadata
from tests.support.call_questions import plans_of, questions, sequences_in
from tests.support.database import DatabaseServer
from tests.support.many_calls import COLUMNS, FIRST_CALL_AT, SECONDS_APART, load_calls

COUNT = 2 * COUNTED_MATCHES
load_metadata()


@pytest.fixture(scope="module")
def loaded(database_server: DatabaseServer) -> Iterator[tuple[str, UUID]]:
    url, project_id = database_server.clone(), new_id()
    with psycopg.connect(url) as connection:
        connection.execute("INSERT INTO project (id, name) VALUES (%s, 'many')", (project_id,))
        load_calls(connection, project_id, COUNT)
    yield url, project_id
    database_server.drop(url)


@pytest.mark.parametrize("name", questions(UUID(int=0), COUNT))
async def test_no_question_reads_a_whole_table(loaded: tuple[str, UUID], name: str) -> None:
    url, project_id = loaded
    engine = create_engine(url)
    plans = await plans_of(engine, questions(project_id, COUNT)[name], without_scans=True)
    await engine.dispose()
    assert plans
    for plan in plans:
        assert not [node for node in sequences_in(plan) if node["Relation Name"] in COLUMNS], plan


@pytest.mark.parametrize("matching", [COUNTED_MATCHES - 1, COUNTED_MATCHES, COUNTED_MATCHES + 1])
async def test_a_filtered_list_is_counted_so_far_and_read_to_its_end(loaded: tuple[str, UUID], matching: int) -> None:
    url, project_id = loaded
    after_others = FIRST_CALL_AT + timedelta(seconds=SECONDS_APART * (COUNT - matching))
    engine = create_engine(url)
    seen: list[UUID] = []
    cursor = None
    async with read_session_factory(engine)() as session:
        while True:
            query = CallQuery(started_after=after_others, limit=100, after=cursor)
            page = await calls.list_calls(session, project_id, query)
            assert page.total == min(matching, COUNTED_MATCHES)
            assert page.is_counted_out == (matching < COUNTED_MATCHES)
            seen += [call.id for call in page.items]
            cursor = page.next_cursor
            if cursor is None:
                break
        assert await calls.count_calls(session, project_id, query, limit=COUNT) == matching
    await engine.dispose()
    assert seen == sorted(seen, reverse=True)
    assert len(set(seen)) == matching


async def test_words_that_many_calls_have_are_looked_for_in_what_the_rare_one_finds(loaded: tuple[str, UUID]) -> None:
    url, project_id = loaded
    with psycopg.connect(url) as connection:
        both = "'word19990':* & 'word1':*"
        row = connection.execute("SELECT count(*) FROM call_words WHERE words @@ %s::tsquery", (both,)).fetchone()
    engine = create_engine(url)
    async with read_session_factory(engine)() as session:
        assert await call_words.common_in(session, "word1 Word19990 word1") == {"word1"}
        assert await call_words.common_in(session, "word1 word2") == frozenset()
        assert await call_words.common_in(session, "word1") == frozenset()
        page = await calls.list_calls(session, project_id, CallQuery(search_text="word1 word19990"))
    await engine.dispose()
    assert row is not None
    assert page.total == row[0] > 0
