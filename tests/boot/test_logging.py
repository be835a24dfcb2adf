import io
import json
import logging
import sys
from collections.abc import Iterator

import psycopg
import pydantic
import pytest
import sqlalchemy.exc
import structlog

from callscope.boot.logging import configure_logging
from callscope.core.errors import CallscopeError


@pytest.fixture
def stream(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    configure_logging("json")
    yield stream
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_an_event_keeps_its_fields_and_gains_time_and_level(stream: io.StringIO) -> None:
    structlog.get_logger("test.fields").info("stage_completed", stage="fetch")

    (line,) = lines(stream)
    assert (line["event"], line["stage"], line["level"]) == ("stage_completed", "fetch", "info")
    assert str(line["timestamp"]).endswith("Z")


def test_libraries_log_in_the_same_form(stream: io.StringIO) -> None:
    logging.getLogger("some.library").warning("careful: %s", 7)

    (line,) = lines(stream)
    assert (line["event"], line["logger"]) == ("careful: 7", "some.library")


@pytest.mark.parametrize("name", ["httpx", "httpcore", "procrastinate.worker", "uvicorn.access"])
def test_lines_that_name_addresses_are_left_out(stream: io.StringIO, name: str) -> None:
    logging.getLogger(name).info("GET https://files.example/a.wav?signature=secret")

    assert lines(stream) == []


class Asked(pydantic.BaseModel):
    number: int


def validation_error() -> Exception:
    try:
        Asked.model_validate({"number": "my card number"})
    except pydantic.ValidationError as error:
        return error
    raise AssertionError


@pytest.mark.parametrize(
    "error",
    [
        psycopg.errors.NotNullViolation("Failing row contains (my card number)"),
        sqlalchemy.exc.StatementError("x", "INSERT", {"text": "my card number"}, ValueError("my card number")),
        validation_error(),
    ],
)
def test_errors_that_quote_rows_are_named_without_their_message(stream: io.StringIO, error: Exception) -> None:
    structlog.get_logger("test.quoting").error("request_crashed", exc_info=error)

    (line,) = lines(stream)
    assert type(error).__name__ in str(line["error"])
    assert "card" not in stream.getvalue()


def fail() -> None:
    raise CallscopeError("there is no room")


def test_other_errors_are_told_with_the_way_to_them(stream: io.StringIO) -> None:
    try:
        fail()
    except CallscopeError:
        structlog.get_logger("test.way").exception("stage_given_up")

    (line,) = lines(stream)
    assert line["error"] == "CallscopeError: there is no room"
    assert "test_logging.py" in str(line["error_frames"])
