import asyncio
import logging
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import structlog
from typer.testing import CliRunner

from callscope.cli.main import app
from callscope.core.account import Account
from callscope.services import accounts
from callscope.storage.engine import SessionFactory

NOW = datetime(2026, 1, 31, tzinfo=UTC)
EMAIL = "ona@callscope.test"
NEW = "another long sentence"


@pytest.fixture(autouse=True)
def _settings(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("CALLSCOPE_DATABASE_URL", database_url)
    handlers = logging.getLogger().handlers
    yield
    logging.getLogger().handlers = handlers
    structlog.reset_defaults()


async def test_a_forgotten_password_is_replaced(sessions: SessionFactory) -> None:
    async with sessions.begin() as session:
        secret = await accounts.first_link(session, now=NOW)
        assert secret
        await accounts.accept(session, secret, email=EMAIL, name="Ona", password="the first sentence", now=NOW)
    words = ["account", "set-password", EMAIL.upper()]
    done = await asyncio.to_thread(CliRunner().invoke, app, words, input=f"{NEW}\n{NEW}\n")
    assert done.exit_code == 0, done.output
    assert NEW not in done.output
    async with sessions.begin() as session:
        assert isinstance(await accounts.sign_in(session, email=EMAIL, password=NEW, now=NOW), Account)


@pytest.mark.parametrize(
    ("email", "password", "message"),
    [("nobody@callscope.test", NEW, "no account of the address"), (EMAIL, "short", "A password has 12")],
)
async def test_what_cannot_be_set_is_explained(
    sessions: SessionFactory, email: str, password: str, message: str
) -> None:
    async with sessions.begin() as session:
        secret = await accounts.first_link(session, now=NOW)
        assert secret
        await accounts.accept(session, secret, email=EMAIL, name="Ona", password="the first sentence", now=NOW)
    words = ["account", "set-password", email, "--password", password]
    refused = await asyncio.to_thread(CliRunner().invoke, app, words)
    assert refused.exit_code == 1
    assert message in refused.output
