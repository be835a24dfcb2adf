import asyncio
import logging
from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
import structlog
from typer.testing import CliRunner

from callscope.cli.main import app
from callscope.core.webhook import WebhookEvent
from callscope.services.webhooks import create_webhook
from callscope.storage import projects
from callscope.storage.engine import create_engine, create_sync_engine, session_factory


@pytest.fixture(autouse=True)
def logging_left_as_it_was() -> Iterator[None]:
    handlers = logging.getLogger().handlers
    yield
    logging.getLogger().handlers = handlers
    structlog.reset_defaults()


@pytest.fixture
def webhook_id(database_url: str, monkeypatch: pytest.MonkeyPatch) -> UUID:
    monkeypatch.setenv("CALLSCOPE_DATABASE_URL", database_url)

    async def create() -> UUID:
        engine = create_engine(database_url)
        async with session_factory(engine).begin() as session:
            project_id = await projects.find_or_create(session, "default")
            asked = (WebhookEvent.CALL_ANALYSIS_COMPLETED,)
            webhook = await create_webhook(
                session, project_id, url="https://receiver.example/", events=asked, description=None, headers={}
            )
        await engine.dispose()
        return webhook.id

    return asyncio.run(create())


def run(*arguments: object) -> str:
    result = CliRunner().invoke(app, ["webhook", *(str(argument) for argument in arguments)])
    assert result.exit_code == 0, result.output
    return result.output


def test_a_test_event_is_queued_listed_and_replayed_once_dead(webhook_id: UUID, database_url: str) -> None:
    delivery_id = run("test", webhook_id).split()[0]
    assert delivery_id in run("deliveries", webhook_id, "--status", "WAITING")
    engine = create_sync_engine(database_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE webhook_delivery SET status = 'DEAD', next_attempt_at = NULL")
    engine.dispose()

    assert run("deliveries", webhook_id, "--status", "WAITING") == ""
    assert "Queued again: 1." in run("replay", webhook_id)
    assert "WAITING" in run("deliveries", webhook_id)


@pytest.mark.usefixtures("webhook_id")
def test_an_unknown_webhook_is_explained() -> None:
    result = CliRunner().invoke(app, ["webhook", "test", str(uuid4())])

    assert result.exit_code == 1
    assert "There is no webhook" in result.output
