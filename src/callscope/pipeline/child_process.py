"""Work on a stranger's file in a process of its own, within limits: a poison file fails its call and nothing else.

The processes are forked from one that has imported what they need and opened nothing: the imports take ten times as
long as measuring a call of half a minute.
"""

import asyncio
import multiprocessing
import os
import resource
import signal
from dataclasses import dataclass
from importlib import import_module
from multiprocessing import forkserver
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import structlog

from callscope.core.errors import CallscopeError
from callscope.pipeline.parent import end_with_parent
from callscope.pipeline.priority import stand_back

log = structlog.get_logger(__name__)

MEBIBYTE = 1024 * 1024
OOM_SCORE = Path("/proc/self/oom_score_adj")
MOST_EXPENDABLE = "1000"
BEHIND_WORKER = 10

_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["callscope.pipeline.measuring_child"])


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildLimits:
    """What a child may use: memory of its own, and seconds of wall time."""

    memory_bytes: int
    timeout_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildTask:
    """What a child does, what a person calls it, and the setting that gives it more time.

    `module` has `answer(request_json, *, memory_bytes) -> reply_json`. JSON and not pickle: the child has decoded a
    stranger's file, and its answer must not be able to run code here.
    """

    module: str
    name: str
    time_setting: str


class ChildDied(CallscopeError):
    """The process ran into a limit or was killed."""

    code = "child_died"


def get_ready() -> None:
    """Begin the process that children are forked from; its imports do not keep the worker waiting."""
    forkserver.ensure_running()


async def run_apart(task: ChildTask, request_json: bytes, limits: ChildLimits, *, scratch_dir: Path) -> bytes:
    """Give a child process a request and return its reply, both JSON. Raises ChildDied."""
    request_path, reply_path = scratch_dir / "request.json", scratch_dir / "reply.json"
    request_path.write_bytes(request_json)
    child = _forks.Process(target=_work, args=(task.module, limits.memory_bytes, request_path, reply_path), daemon=True)
    # In this thread: one that looks after its children while another starts one may lose how they ended.
    child.start()
    try:
        await asyncio.wait_for(_end_of(child), limits.timeout_s)
        exit_code = child.exitcode
    except TimeoutError as error:
        raise ChildDied(
            f"{task.name} took longer than {limits.timeout_s:.0f} s and was stopped. "
            f"The operator can raise {task.time_setting}."
        ) from error
    finally:
        await _put_away(child)
    if exit_code != 0:
        raise _death(task, exit_code, limits)
    return reply_path.read_bytes()


async def _end_of(child: ForkServerProcess) -> None:
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(child.sentinel, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(child.sentinel)


async def _put_away(child: ForkServerProcess) -> None:
    if child.exitcode is None:
        child.kill()
        await _end_of(child)
    child.join()
    child.close()


def _death(task: ChildTask, exit_code: int | None, limits: ChildLimits) -> ChildDied:
    name = signal.Signals(-exit_code).name if exit_code and exit_code < 0 else f"exit code {exit_code}"
    log.warning("child_process_died", ended_by=name)
    return ChildDied(
        f"{task.name} ended with the process that did it ({name}). It may use {limits.memory_bytes // MEBIBYTE} MiB; "
        "the operator can raise CALLSCOPE_ANALYSIS_MEMORY_BYTES. If that does not help, re-encode the file."
    )


def _work(module: str, memory_bytes: int, request_path: Path, reply_path: Path) -> None:
    """Be the child: put on the limits, answer the request."""
    end_with_parent(os.getppid(), signal.SIGKILL)
    parent = multiprocessing.parent_process()
    if parent is None or not parent.is_alive():
        return
    # A group of its own, which a Ctrl-C does not reach; and whatever a decoder says may be of what people said.
    os.setpgrp()
    silence()
    limit(memory_bytes)
    request_json = request_path.read_bytes()
    # It may hold a server's key, which must not lie about if everything is killed.
    request_path.unlink()
    reply_path.write_bytes(import_module(module).answer(request_json, memory_bytes=memory_bytes))


def silence() -> None:
    """Let go of the worker's output."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    os.close(nowhere)


def limit(memory_bytes: int) -> None:
    """Bound this process's own memory, forbid core files, stand first in line when it runs out, and last for a core."""
    stand_back(BEHIND_WORKER)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Private memory, not address space: libraries and thread stacks reserve gigabytes they never touch.
    resource.setrlimit(resource.RLIMIT_DATA, (memory_bytes, memory_bytes))
    if OOM_SCORE.exists():
        OOM_SCORE.write_text(MOST_EXPENDABLE)
