"""Processes that end with the one that started them, however that ended."""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
"""`prctl(2)`: the signal a process gets when the thread that started it is gone."""


def end_with_parent(parent_pid: int, end_signal: signal.Signals) -> None:
    """Ask the kernel for `end_signal` when the process `parent_pid` dies; raise it now if it has died already.

    Linux only; elsewhere a parent that is killed leaves its children to finish by themselves.
    """
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, int(end_signal), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
    if os.getppid() != parent_pid:
        signal.raise_signal(end_signal)
