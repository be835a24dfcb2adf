"""Many calls at once, written by COPY, with a realistic spread of agents, numbers, properties and words."""

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg

from callscope.core.words import distinct_words

FIRST_CALL_AT = datetime(2026, 1, 1, tzinfo=UTC)
SECONDS_APART = 20
WORDS_PER_CALL = 40
VOCABULARY = 20_000
PLANS = ("free",) * 60 + ("team",) * 30 + ("gold",) * 9 + ("trial",)
ENDS = ("CUSTOMER_ENDED_CALL",) * 6 + ("AGENT_ENDED_CALL",) * 3 + ("SILENCE_TIME_OUT",)
AGENT_COUNT = 40
COLUMNS = {
    "call": (
        "id, project_id, status, direction, interface_type, source, started_at, ended_at, duration_ms, ended_status,"
        " title, external_id, recording_url, properties, created_at, updated_at"
    ),
    "call_agent": "id, call_id, agent_id, position",
    "call_customer": "id, call_id, phone_number_e164, position",
    "call_words": "call_id, words",
}


def id_of(kind: int, number: int) -> UUID:
    """Return an id that grows with its number, as those of the service grow with time."""
    return UUID(int=(number + 1 << 80) | (7 << 76) | (2 << 62) | kind)


def load_calls(connection: psycopg.Connection[Any], project_id: UUID, count: int, *, seed: int = 1) -> None:
    """Write calls and what lists join with them; statistics are fresh afterwards."""
    agents = [(id_of(9, number + 1), project_id, f"agent {number}") for number in range(AGENT_COUNT)]
    with connection.cursor() as cursor:
        cursor.executemany("INSERT INTO agent (id, project_id, name) VALUES (%s, %s, %s)", agents)
        # Built once over all rows, as a database that grew over months has it.
        cursor.execute("DROP INDEX ix_call_words_words; DROP INDEX ix_call_properties")
        for table, columns in COLUMNS.items():
            with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:  # type: ignore[arg-type] # our own names
                for row in ROWS[table](project_id, count, random.Random(f"{seed} {table}")):  # noqa: S311 - no secret
                    copy.write_row(row)
        cursor.execute("CREATE INDEX ix_call_words_words ON call_words USING gin (words)")
        cursor.execute("CREATE INDEX ix_call_properties ON call USING gin (properties)")
        cursor.execute("ANALYZE call, call_agent, call_customer, call_words, agent")


def _calls(project_id: UUID, count: int, chance: random.Random) -> Iterator[tuple[Any, ...]]:
    for number in range(count):
        at = FIRST_CALL_AT + timedelta(seconds=SECONDS_APART * number)
        length_ms = int(chance.lognormvariate(11.5, 0.9))
        properties = {
            "plan_tier": chance.choice(PLANS),
            "order_number": f"O-{number}",
            "seats": int(chance.paretovariate(1.2)),
            "is_repeat": chance.random() < 0.2,
        }
        yield (
            id_of(1, number),
            project_id,
            "ENDED",
            "INBOUND" if chance.random() < 0.8 else "OUTBOUND",
            "PHONE",
            "API",
            at,
            at + timedelta(milliseconds=length_ms),
            length_ms,
            chance.choice(ENDS),
            f"Call {number}",
            f"external-{number}",
            "https://recordings.example/a.wav",
            json.dumps(properties),
            at,
            at,
        )


def _agents(_: UUID, count: int, chance: random.Random) -> Iterator[tuple[Any, ...]]:
    for number in range(count):
        agent = min(int(chance.expovariate(0.15)), AGENT_COUNT - 1)
        yield id_of(2, number), id_of(1, number), id_of(9, agent + 1), 0


def _customers(_: UUID, count: int, chance: random.Random) -> Iterator[tuple[Any, ...]]:
    for number in range(count):
        yield id_of(3, number), id_of(1, number), f"+1415{chance.randrange(10**7):07}", 0


def _words(_: UUID, count: int, chance: random.Random) -> Iterator[tuple[Any, ...]]:
    for number in range(count):
        # Few words are in most calls, most are in few: a power law.
        spoken = {f"word{int(VOCABULARY * chance.random() ** 4)}" for _ in range(WORDS_PER_CALL)}
        words = distinct_words([" ".join(sorted(spoken))], max_bytes=10_000)
        yield id_of(1, number), " ".join(f"'{word}'" for word in sorted(words))


ROWS = {"call": _calls, "call_agent": _agents, "call_customer": _customers, "call_words": _words}
