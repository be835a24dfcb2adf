import os
import subprocess
import sys

import pytest

from callscope.pipeline.priority import SESSION_NICENESS

STOOD_BACK = """
import os
from callscope.pipeline.priority import SESSION_NICENESS, stand_back
stand_back(5)
print(os.nice(0), SESSION_NICENESS.read_text().strip() if SESSION_NICENESS.exists() else "")
"""


def stood_back(*, leads_session: bool) -> tuple[int, str]:
    """Return the niceness of a process that stood back by 5, and what the kernel says of its session."""
    done = subprocess.run(
        [sys.executable, "-c", STOOD_BACK], start_new_session=leads_session, capture_output=True, text=True, check=True
    )
    niceness, _, session = done.stdout.strip().partition(" ")
    return int(niceness), session


def test_a_process_stands_back() -> None:
    assert stood_back(leads_session=True)[0] == min(os.nice(0) + 5, 19)


@pytest.mark.skipif(not SESSION_NICENESS.exists(), reason="the kernel does not share by session")
def test_the_leader_of_a_session_takes_it_along() -> None:
    assert stood_back(leads_session=True)[1].endswith(" nice 5")


@pytest.mark.skipif(not SESSION_NICENESS.exists(), reason="the kernel does not share by session")
def test_others_leave_their_session_where_it_is() -> None:
    # Empty where nothing between the kernel's first process and this one ever began a session.
    ours = SESSION_NICENESS.read_text(encoding="ascii").strip()

    assert stood_back(leads_session=False)[1] == ours


def test_a_system_that_takes_no_such_wish_is_no_trouble() -> None:
    refused = """
from pathlib import Path
from callscope.pipeline import priority
priority.SESSION_NICENESS = Path("/proc/version")
priority.stand_back(5)
"""
    subprocess.run([sys.executable, "-c", refused], start_new_session=True, check=True)
