"""Whose turn it is at the processor: answers go before work that can wait."""

import os
import time
from pathlib import Path

SESSION_NICENESS = Path("/proc/self/autogroup")
"""`sched(7)`: where Linux shares a processor between sessions first, niceness counts between processes of one only."""
TRIES = 10
PAUSE_S = 0.11
"""Linux takes such a wish from an ordinary user every tenth of a second, from whichever process."""


def stand_back(niceness: int) -> None:
    """Let processes of less than `niceness` (1 to 19) have the processor first.

    A process that leads a session speaks for the whole of it. Where the system does not hear of sessions, or refuses,
    only the process itself stands back.
    """
    os.nice(niceness)
    if SESSION_NICENESS.exists() and os.getsid(0) == os.getpid():
        _ask_for_session(niceness)


def _ask_for_session(niceness: int) -> None:
    for _ in range(TRIES):
        try:
            SESSION_NICENESS.write_text(str(niceness), encoding="ascii")
        except BlockingIOError:
            time.sleep(PAUSE_S)
        except OSError:
            # Not ours to change, or in a /proc that a container made read-only.
            return
        else:
            return
