"""Many calls at once, written by COPY, with a realistic spread of agents, numbers, properties and words."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
import psycopg
from numpy.typing import NDArray

FIRST_CALL_AT = datetime(2026, 1, 1, tzinfo=UTC)
SECONDS_APART = 20
WORDS_PER_CALL = 40
ENTRIES_PER_CALL = 5
WORDS_PER_ENTRY = WORDS_PER_CALL // ENTRIES_PER_CALL
VOCABULARY = tuple(f"word{number}" for number in range(20_000))
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
    "transcript": "id, call_id, source",
    "transcript_entry": "transcript_id, position, id, role, text, start_offset_ms, end_offset_ms",
}
LINES_AT_ONCE = 1000


def id_of(kind: int, number: int) -> UUID:
    """Return an id that grows with its number, as those of the service grow with time."""
    return UUID(_id(kind, number))


def load_calls(connection: psycopg.Connection[Any], project_id: UUID, count: int) -> None:
    """Write calls and what lists join with them; statistics are fresh afterwards."""
    make_agents(connection, project_id)
    copy_calls(connection, project_id, range(count))
    connection.execute(f"ANALYZE agent, {', '.join(COLUMNS)}".encode())


def make_agents(connection: psycopg.Connection[Any], project_id: UUID) -> None:
    """Write the agents that the calls are of."""
    agents = [(id_of(9, number), project_id, f"agent {number}") for number in range(AGENT_COUNT)]
    with connection.cursor() as cursor:
        cursor.executemany("INSERT INTO agent (id, project_id, name) VALUES (%s, %s, %s)", agents)


def copy_calls(connection: psycopg.Connection[Any], project_id: UUID, numbers: range) -> None:
    """Write the calls of these numbers with all their parts: the same ones whenever it is called."""
    chance = np.random.default_rng(numbers.start)
    # Few words are in most calls, most are in few: a power law.
    spoken = (len(VOCABULARY) * chance.random((len(numbers), WORDS_PER_CALL)) ** 4).astype(int)
    words = [[VOCABULARY[word] for word in row] for row in spoken.tolist()]
    parts = {
        "call": _calls(project_id, numbers, chance),
        "call_agent": _agents(numbers, chance),
        "call_customer": _customers(numbers, chance),
        "call_words": _words(numbers, words),
        "transcript": _transcripts(numbers),
        "transcript_entry": _entries(numbers, words),
    }
    with connection.cursor() as cursor:
        for table, lines in parts.items():
            with cursor.copy(f"COPY {table} ({COLUMNS[table]}) FROM STDIN".encode()) as copy:
                for some in _together(lines):
                    copy.write(some)


def _calls(project_id: UUID, numbers: range, chance: np.random.Generator) -> Iterator[str]:
    count = len(numbers)
    lengths_ms = chance.lognormal(11.5, 0.9, count).astype(int).tolist()
    seats = (1 + chance.pareto(1.2, count)).astype(int).tolist()
    plans, ends = _chosen(PLANS, count, chance), _chosen(ENDS, count, chance)
    repeats, inbounds = (chance.random(count) < 0.2).tolist(), (chance.random(count) < 0.8).tolist()
    for place, number in enumerate(numbers):
        at = FIRST_CALL_AT + timedelta(seconds=SECONDS_APART * number)
        began, ended = at.isoformat(), (at + timedelta(milliseconds=lengths_ms[place])).isoformat()
        properties = json.dumps(
            {
                "plan_tier": plans[place],
                "order_number": f"O-{number}",
                "seats": seats[place],
                "is_repeat": repeats[place],
            }
        )
        yield (
            f"{_id(1, number)}\t{project_id}\tENDED\t{'INBOUND' if inbounds[place] else 'OUTBOUND'}\tPHONE\tAPI"
            f"\t{began}\t{ended}\t{lengths_ms[place]}\t{ends[place]}\tCall {number}\texternal-{number}"
            f"\thttps://recordings.example/a.wav\t{properties}\t{began}\t{began}\n"
        )


def _agents(numbers: range, chance: np.random.Generator) -> Iterator[str]:
    agents = np.minimum(chance.exponential(1 / 0.15, len(numbers)).astype(int), AGENT_COUNT - 1).tolist()
    for agent, number in zip(agents, numbers, strict=True):
        yield f"{_id(2, number)}\t{_id(1, number)}\t{_id(9, agent)}\t0\n"


def _customers(numbers: range, chance: np.random.Generator) -> Iterator[str]:
    phones = chance.integers(0, 10**7, len(numbers)).tolist()
    for phone, number in zip(phones, numbers, strict=True):
        yield f"{_id(3, number)}\t{_id(1, number)}\t+1415{phone:07}\t0\n"


def _words(numbers: range, words: Sequence[Sequence[str]]) -> Iterator[str]:
    for spoken, number in zip(words, numbers, strict=True):
        yield f"{_id(1, number)}\t{' '.join(spoken)}\n"


def _transcripts(numbers: range) -> Iterator[str]:
    for number in numbers:
        yield f"{_id(4, number)}\t{_id(1, number)}\tCUSTOMER_AGENT_REALTIME\n"


def _entries(numbers: range, words: Sequence[Sequence[str]]) -> Iterator[str]:
    for spoken, number in zip(words, numbers, strict=True):
        transcript = _id(4, number)
        for place in range(ENTRIES_PER_CALL):
            said = " ".join(spoken[place * WORDS_PER_ENTRY : (place + 1) * WORDS_PER_ENTRY])
            role, start_ms = ("agent", "customer")[place % 2], place * 5000
            id_ = _id(10 + place, number)
            yield f"{transcript}\t{place}\t{id_}\t{role}\t{said}\t{start_ms}\t{start_ms + 4000}\n"


def _chosen(values: Sequence[str], count: int, chance: np.random.Generator) -> list[str]:
    places: NDArray[np.int64] = chance.integers(0, len(values), count)
    return [values[place] for place in places.tolist()]


def _id(kind: int, number: int) -> str:
    grown = f"{number + 1:012x}"
    return f"{grown[:8]}-{grown[8:]}-7000-8000-{kind:012x}"


def _together(lines: Iterator[str]) -> Iterator[str]:
    some: list[str] = []
    for line in lines:
        some.append(line)
        if len(some) == LINES_AT_ONCE:
            yield "".join(some)
            some.clear()
    yield "".join(some)
