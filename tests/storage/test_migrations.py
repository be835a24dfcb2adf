from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import text

from callscope.storage import migrations
from callscope.storage.engine import create_sync_engine
from callscope.storage.migrations import comparison
from tests.support.database import DatabaseServer


def test_migrations_build_what_the_models_describe(database_url: str) -> None:
    engine = create_sync_engine(database_url)
    with engine.connect() as connection:
        assert comparison.differences(connection) == []
    engine.dispose()


def test_a_model_without_migration_is_noticed(database_url: str) -> None:
    engine = create_sync_engine(database_url)
    with engine.connect() as connection:
        connection.execute(text("ALTER TABLE call DROP COLUMN title"))
        assert "title" in str(comparison.differences(connection))
    engine.dispose()


def test_concurrent_upgrades_apply_each_migration_once(database_server: DatabaseServer) -> None:
    url = database_server.create_empty()
    with ThreadPoolExecutor(max_workers=4) as pool:
        revisions = list(pool.map(migrations.upgrade, [url] * 4))
    assert revisions == [migrations.newest_revision()] * 4
    database_server.drop(url)
