"""Lists of many calls are answered by indexes, whatever is asked of them."""

from collections.abc import Iterator
from uuid import UUID

import psycopg
import pytest

from callscope.core.ids import new_id
from callscope.storage.engine import create_engine
from callscope.storage.tables import load_metadata
from tests.support.call_questions import plans_of, questions
from tests.support.database import DatabaseServer
from tests.support.many_calls import COLUMNS, load_calls

COUNT = 2000
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
        assert not [table for table in COLUMNS if f"Seq Scan on {table} " in plan], plan
