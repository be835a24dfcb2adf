"""SIGTERM, SIGINT and SIGHUP as requests to stop in order, from the start of the process to its very end."""

import asyncio
import signal
from collections.abc import Callable


class StopRequests:
    """Takes every SIGTERM, SIGINT and SIGHUP, so that none ends the process before it has stopped what it started.

    A parent that dies may send several, an impatient person too; and the database is stopped after the event loop.
    """

    def __init__(self) -> None:
        self.count = 0
        self.has_hung_up = False
        self._tell: Callable[[], object] | None = None
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._take)

    def told_in_loop(self, on_repeat: Callable[[], None] = lambda: None) -> asyncio.Event:
        """Return an event of the running loop set at the first request; each further one calls `on_repeat`."""
        told, loop = asyncio.Event(), asyncio.get_running_loop()

        def tell() -> None:
            if told.is_set():
                on_repeat()
            told.set()

        self._tell = lambda: None if loop.is_closed() else loop.call_soon_threadsafe(tell)
        if self.count:
            told.set()
        return told

    def _take(self, number: int, _frame: object) -> None:
        self.count += 1
        self.has_hung_up |= number == signal.SIGHUP
        if self._tell is not None:
            self._tell()
