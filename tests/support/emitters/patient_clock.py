"""An event loop whose time passes only while it waits.

On a busy machine a process stands still now and then. Recorders take that for silence and add it to the recording,
before the late sound comes in after all: from then on the recording is longer than the call was by the clock its
plug-in stamps with. By this clock nothing is late: work takes no time, and waiting takes as long as was asked for.
"""

import asyncio
import selectors
import time
from collections.abc import Coroutine
from typing import Any

_SINCE_BOOT, _SINCE_1970 = time.monotonic, time.time


class _Clock:
    """Time since boot and since 1970, both moved by hand."""

    def __init__(self) -> None:
        self._since_boot, self._since_1970 = _SINCE_BOOT(), _SINCE_1970()

    def monotonic(self) -> float:
        return self._since_boot

    def time(self) -> float:
        return self._since_1970

    def advance(self, elapsed_s: float) -> None:
        self._since_boot += elapsed_s
        self._since_1970 += elapsed_s


class _Selector(selectors.DefaultSelector):
    """Moves a clock by what it waited, and by no more than it was asked to."""

    def __init__(self, clock: _Clock) -> None:
        super().__init__()
        self._clock = clock

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        began_s = _SINCE_BOOT()
        ready = super().select(timeout)
        waited_s = _SINCE_BOOT() - began_s
        self._clock.advance(waited_s if timeout is None else min(waited_s, max(0.0, timeout)))
        return ready


def run(main: Coroutine[Any, Any, None]) -> None:
    """Run a program as `asyncio.run` does, by a clock that waits for it."""
    clock = _Clock()
    # The loop itself reads it too.
    time.monotonic, time.time = clock.monotonic, clock.time
    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(_Selector(clock))) as runner:
        runner.run(main)
