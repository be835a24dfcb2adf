"""The code of a how-to, run as it stands: `documented.py pipecat|livekit SERVER KEY PAGE`.

What a page takes for granted, an agent of one's own, is given: the real classes with nobody to talk to. SERVER stands
in for the address the pages speak of.
"""

import ast
import asyncio
import inspect
import re
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import create_autospec

EXAMPLE = "https://callscope.example"
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)


def given_to_pipecat() -> dict[str, Any]:
    from pipecat.processors.filters.identity_filter import IdentityFilter  # noqa: PLC0415 - one framework a process

    transport = SimpleNamespace(input=IdentityFilter, output=IdentityFilter)
    parts = {name: IdentityFilter() for name in ("stt", "llm", "tts")}
    return {**parts, "transport": transport, "runner_args": SimpleNamespace(session_id="documented")}


def given_to_livekit() -> dict[str, Any]:
    from livekit.agents import AgentSession  # noqa: PLC0415 - one framework a process
    from livekit_agent import Desk  # noqa: PLC0415
    from livekit_plugin import Job  # noqa: PLC0415

    session: AgentSession[None] = AgentSession()
    # There is no room to start in; but what a page passes must be what the release at hand takes.
    session.start = create_autospec(session.start)  # type: ignore[method-assign]
    return {"ctx": Job(), "session": session, "Desk": Desk}


async def main(framework: str, server: str, key: str, page: str) -> None:
    given = {"pipecat": given_to_pipecat, "livekit": given_to_livekit}[framework]
    for block in BLOCK.findall(page):
        names = {**given(), "KEY": key}
        code = compile(block.replace(EXAMPLE, server), "<page>", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        running = eval(code, names)  # noqa: S307 - a page of our own
        if inspect.isawaitable(running):
            await running
        if "observer" in names:
            await names["observer"].on_pipeline_started()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:4], Path(sys.argv[4]).read_text()))
