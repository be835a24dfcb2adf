"""Holds a stage at the moment it writes its results, from outside: by a lock the database takes for it.

A trigger made by the test waits for an advisory lock the test holds. The product knows nothing of it, and a database
that is killed has let go of the lock when it comes back.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from callscope.core.analysis import Stage

GATE = 7711
WRITE_OF_STAGE = {
    Stage.TRANSCRIPT: "INSERT ON conversation FOR EACH ROW WHEN (NEW.document ->> 'basis' = 'transcript')",
    Stage.FETCH: "INSERT ON recording FOR EACH ROW",
    Stage.MEASURE: "INSERT ON recording_analysis FOR EACH ROW",
    Stage.TRANSCRIBE: "UPDATE OF stage ON analysis FOR EACH ROW WHEN (NEW.stage = 'conclude')",
    Stage.CONCLUDE: 'UPDATE OF duration_ms ON "call" FOR EACH ROW',
}
POLL_S = 0.05


class StageGate:
    """A closed gate: the stage waits at it until it is opened, or the database dies."""

    def __init__(self, connection: "psycopg.Connection[tuple[object, ...]]") -> None:
        self._connection = connection

    def wait_until_reached(self) -> None:
        """Return once a stage stands at the gate."""
        wait_until(
            self._connection,
            f"SELECT count(*) > 0 FROM pg_locks WHERE locktype = 'advisory' AND objid = {GATE} AND NOT granted",  # noqa: S608 - a constant
        )

    def open(self) -> None:
        """Let the stage pass."""
        self._connection.execute(f"SELECT pg_advisory_unlock({GATE})")


def wait_until(connection: "psycopg.Connection[tuple[object, ...]]", condition: str, *, timeout_s: int = 120) -> None:
    """Return once an SQL condition holds; the database waits, and gives up with an error."""
    connection.execute(
        f"""
        DO $$
        DECLARE holds boolean; deadline timestamptz := clock_timestamp() + interval '{timeout_s} seconds';
        BEGIN
            LOOP
                holds := ({condition});
                EXIT WHEN holds;
                IF clock_timestamp() > deadline THEN RAISE 'waited in vain'; END IF;
                PERFORM pg_sleep({POLL_S});
            END LOOP;
        END $$
        """
    )


@contextmanager
def gate_at(database_url: str, stage: Stage) -> Iterator[StageGate]:
    """Close a gate before the results of `stage` and yield it; the trigger is gone at the end if the database lives."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(
            "CREATE OR REPLACE FUNCTION wait_at_gate() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN PERFORM pg_advisory_xact_lock_shared({GATE}); RETURN NEW; END $$"
        )
        event, separator, rest = WRITE_OF_STAGE[stage].partition(" FOR EACH ROW")
        connection.execute(f"SELECT pg_advisory_lock({GATE})")
        connection.execute(
            f"CREATE OR REPLACE TRIGGER gate BEFORE {event}{separator}{rest} EXECUTE FUNCTION wait_at_gate()"
        )
        yield StageGate(connection)


def open_every_gate(database_url: str) -> None:
    """Remove the triggers."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("DROP FUNCTION IF EXISTS wait_at_gate CASCADE")
