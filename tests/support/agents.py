"""Real agents, in the environment of their own that `make test` sets up: `.venv-integrations`."""

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
EMITTERS = Path(__file__).parent / "emitters"
ENVIRONMENT = ROOT / ".venv-integrations"
PYTHON = ENVIRONMENT / "bin" / "python"
RECORDING = {"PYTHONPATH": str(ENVIRONMENT / "recording")}
"""Puts the release of LiveKit's agents first with which its plug-in can record."""


async def run_agent(program: str, *arguments: str, environment: Mapping[str, str] | None = None) -> str:
    """Run a program of `emitters` to its end and return what it printed."""
    assert (ENVIRONMENT / ".installed").exists(), (
        "The agent frameworks are not installed. Run `make .venv-integrations/.installed`."
    )
    agent = await asyncio.create_subprocess_exec(
        str(PYTHON),
        str(EMITTERS / program),
        *arguments,
        env={**os.environ, **(environment or {})},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await agent.communicate()
    assert agent.returncode == 0, output.decode()
    return output.decode()
