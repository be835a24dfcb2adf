"""`callscope judge agreement`, asked of a scripted judge."""

import asyncio
from typing import Any

import pytest
from typer.testing import CliRunner

from callscope.cli.main import app
from tests.support.judge_server import JudgeServer, verdict
from tests.support.recording_server import running_recording_server


def test_without_a_judge_it_says_how_to_name_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CALLSCOPE_JUDGE_URL", raising=False)
    result = CliRunner().invoke(app, ["judge", "agreement"])
    assert result.exit_code == 1
    assert "CALLSCOPE_JUDGE_URL" in result.output


async def test_agreement_is_told_by_metric(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLSCOPE_FETCH_ALLOW_NETWORKS", "127.0.0.0/8")
    monkeypatch.setenv("CALLSCOPE_JUDGE_PRICES", "scripted=1/2")
    async with running_recording_server() as server:
        judge = JudgeServer(server, script=_say_the_first)
        arguments = ["judge", "agreement", "--url", judge.endpoint.url, "--model", "scripted"]
        result = await asyncio.to_thread(CliRunner().invoke, app, arguments)
    lines = result.output.splitlines()
    assert result.exit_code == 0, result.output
    assert len(judge.asked) >= 50
    assert lines[0].split() == ["metric", "agree", "answered", "tokens", "read", "tokens", "written", "seconds"]
    assert any(line.split()[:5] == ["transfer_requested", "1", "of", "5", "5"] for line in lines)
    assert any(line.startswith("all ") for line in lines)
    assert any(line.startswith("yes or no: ") and "kappa 0.00" in line for line in lines), "it always says yes"
    assert any("frustration_score should be 7 to 10, is 0" in line for line in lines)
    assert any("order cancelled: transfer_requested should be False, is True" in line for line in lines)
    assert "by the price table" in result.output


def _say_the_first(body: dict[str, Any]) -> dict[str, Any]:
    """Answer true, 0 or the first label, whatever is asked."""
    schema = body["response_format"]["json_schema"]["schema"]["properties"]["value"]["anyOf"][0]
    first = {"boolean": True, "integer": 0}
    return verdict(value=first.get(schema["type"], schema.get("enum", ["words"])[0]))
