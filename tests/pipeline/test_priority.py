import os
import subprocess
import sys
from pathlib import Path

import pytest

from callscope.pipeline.priority import SESSION_NICENESS

STOOD_BACK = f"""
import os
from pathlib import Path
from callscope.pipeline.priority import stand_back
stand_back(5)
session = Path({str(SESSION_NICENESS)!r})
print(os.nice(0), session.read_text().split()[-1] if session.exists() else "none")
"""


def stood_back(*, leads_session: bool) -> list[str]:
    """Return the niceness of a process that stood back by 5, and that of its session."""
    done = subprocess.run(
        [sys.executable, "-c", STOOD_BACK], start_new_session=leads_session, capture_output=True, text=True, check=True
    )
    return done.stdout.split()


def test_a_process_stands_back() -> None:
    assert int(stood_back(leads_session=True)[0]) == min(os.nice(0) + 5, 19)


@pytest.mark.skipif(not SESSION_NICENESS.exists(), reason="the kernel does not share by session")
def test_the_leader_of_a_session_takes_it_along() -> None:
    assert stood_back(leads_session=True)[1] == "5"


@pytest.mark.skipif(not SESSION_NICENESS.exists(), reason="the kernel does not share by session")
def test_others_leave_their_session_where_it_is() -> None:
    ours = Path(SESSION_NICENESS).read_text(encoding="ascii").split()[-1]

    assert stood_back(leads_session=False)[1] == ours
