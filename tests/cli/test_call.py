"""A file becomes an analysed call on a served installation; what is wrong is said with its remedy."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import Result
from pydantic import SecretStr
from roark_analytics import Roark
from structlog.testing import capture_logs
from typer.testing import CliRunner

from callscope.boot.settings import Settings
from callscope.boot.wiring import open_wiring
from callscope.cli.main import app
from callscope.pipeline.app import create_app
from tests.support.live_server import serving_service
from tests.support.recording_server import Reply, running_recording_server
from tests.support.tones import tone_wav

RUNNER = CliRunner()
SOUND = tone_wav(seconds=0.5)
KEY = "rk_live_of_the_command_line"
LINES = [
    {"role": "AGENT", "text": "Hello, how can I help?", "startOffsetMs": 0, "endOffsetMs": 200, "payload": {"a": 1}},
    {"role": "CUSTOMER", "text": "I lost my card.", "startOffsetMs": 250, "endOffsetMs": 450},
    {"role": None, "text": "A radio.", "startOffsetMs": 450, "endOffsetMs": 500},
]


@dataclass(frozen=True, kw_only=True)
class Installation:
    """A served installation, and its worker that runs when told to."""

    url: str
    work: Callable[[], Awaitable[None]]

    async def send(self, *words: str, **environment: str) -> Result:
        """Run `callscope call send` beside the worker and return what it printed."""
        variables = {"CALLSCOPE_SERVER_URL": self.url, "CALLSCOPE_API_KEY": KEY, **environment}
        sending = asyncio.create_task(asyncio.to_thread(RUNNER.invoke, app, ["call", "send", *words], env=variables))
        # Whatever is printed while the command runs would count as the command's.
        with capture_logs():
            while not sending.done():
                await self.work()
        return await sending

    async def sent(self, *words: str) -> dict[str, Any]:
        """Send, and return the JSON that is printed."""
        result = await self.send(*words, "--json")
        assert result.exit_code == 0, result.output
        return dict(json.loads(result.stdout))

    def ask(self, path: str) -> Any:
        return httpx.get(self.url + path, headers={"authorization": f"Bearer {KEY}"}).raise_for_status().json()["data"]


async def failure(installation: Installation, *words: str, **environment: str) -> str:
    """Send what is refused, and return what is said of it."""
    result = await installation.send(*words, **environment)
    assert result.exit_code == 1, result.output
    assert result.stderr.startswith("callscope: ")
    return result.stderr


@pytest.fixture
async def installation(database_url: str, tmp_path: Path) -> AsyncIterator[Installation]:
    settings = Settings(
        data_dir=tmp_path / "data", bootstrap_api_key=SecretStr(KEY), max_recording_bytes=200_000, voice_quality=False
    )
    async with open_wiring(settings, database_url) as wiring:
        jobs = create_app(wiring.pipeline_context(), database_url=database_url)

        async def work() -> None:
            await jobs.run_worker_async(wait=False, install_signal_handlers=False, listen_notify=False)

        with serving_service(settings, database_url) as url:
            async with jobs.open_async():
                yield Installation(url=url, work=work)


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "call.wav"
    path.write_bytes(SOUND)
    return path


async def test_a_file_becomes_an_analysed_call(installation: Installation, recording: Path, tmp_path: Path) -> None:
    transcript = tmp_path / "transcript.json"
    transcript.write_text(json.dumps({"transcript": LINES}))

    found = await installation.sent(
        *(str(recording), "--stereo", str(recording), "--transcript", str(transcript), "--wait"),
        *("--agent-name", "Desk", "--agent-id", "desk-1", "--customer-phone", "+14155551234", "--external-id", "e1"),
        *("--started-at", "2026-01-31T09:30:00Z", "--direction", "outbound", "--interface", "web"),
        *("--property", "plan=gold", "--property", "seats=3", "--property", "isNew=true", "--property", 'zip="02139"'),
    )

    call = found["call"]
    assert (call["externalId"], call["callDirection"], call["startedAt"]) == ("e1", "OUTBOUND", "2026-01-31T09:30:00Z")
    assert call["properties"] == {"plan": "gold", "seats": "3", "is_new": "true", "zip": "02139"}
    assert call["customers"][0]["phoneNumberE164"] == "+14155551234"
    assert found["analysis"]["status"] == "COMPLETED"
    assert found["analysis"]["inputReport"]["durationMs"] == 500
    assert {"call_duration", "word_count"} <= {metric["slug"] for metric in found["metrics"]}
    entries = installation.ask(f"/v1/call/{call['id']}/transcript")["entries"]
    assert [entry["text"] for entry in entries] == ["Hello, how can I help?", "I lost my card."]
    assert [agent["name"] for agent in installation.ask("/v1/agent")] == ["Desk"]
    async with httpx.AsyncClient() as client:
        assert (await client.get(call["recordingUrl"])).raise_for_status().content == SOUND


async def test_the_summary_is_for_people(installation: Installation, recording: Path) -> None:
    result = await installation.send(str(recording), "--wait")

    assert result.exit_code == 0, result.output
    first, *rest = result.stdout.splitlines()
    assert first.endswith(f"{installation.url}/calls/{first.split()[0]}")
    assert any(line.startswith("Call duration ") and line.endswith(" 500 ms") for line in rest), rest


async def test_an_existing_agent_is_named_by_its_id(installation: Installation, recording: Path) -> None:
    first = await installation.sent(str(recording), "--agent-name", "Desk", "--agent-id", "desk-1")
    second = await installation.sent(str(recording), "--agent-id", first["agents"][0]["id"])
    third = await installation.sent(str(recording), "--agent-id", "desk-1")

    assert first["agents"][0]["id"] == second["agents"][0]["id"] == third["agents"][0]["id"]
    result = await installation.send(str(recording), "--agent-id", first["agents"][0]["id"], "--agent-name", "Other")
    assert result.exit_code == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--key", "rk_live_wrong"), "callscope key create"),
        (("--url", "http://127.0.0.1:9"), "callscope serve"),
        (("--url", "nowhere"), "callscope serve"),
        (("--started-at", "yesterday"), "ISO 8601"),
        (("--customer-phone", "4155551234"), "E.164"),
        (("--wait", "--timeout", "0"), "is not analysed yet"),
    ],
)
async def test_what_is_wrong_is_said_with_its_remedy(
    installation: Installation, recording: Path, words: tuple[str, ...], said: str
) -> None:
    assert said in await failure(installation, str(recording), *words)


@pytest.mark.parametrize(
    ("content", "words", "said"),
    [
        (b"<html>" * 1000, (), "WAV, MP3"),
        (tone_wav(seconds=7), (), "CALLSCOPE_MAX_RECORDING_BYTES"),
        (SOUND[:44], ("--wait",), "was not analysed (FAILED)"),
    ],
)
async def test_a_file_that_cannot_be_taken_is_told_why(
    *, installation: Installation, tmp_path: Path, content: bytes, words: tuple[str, ...], said: str
) -> None:
    file = tmp_path / "file"
    file.write_bytes(content)

    assert said in await failure(installation, str(file), *words)


@pytest.mark.parametrize("spelled", ["plan", "=gold"])
async def test_a_property_is_a_name_and_a_value(installation: Installation, recording: Path, spelled: str) -> None:
    result = await installation.send(str(recording), "--property", spelled)

    assert result.exit_code == 2
    assert "name=value" in result.stderr


async def test_without_a_key_nothing_is_sent(installation: Installation, recording: Path) -> None:
    assert "--key" in await failure(installation, str(recording), CALLSCOPE_API_KEY="")


async def test_a_server_of_another_kind_is_told(installation: Installation, recording: Path) -> None:
    async with running_recording_server() as other:
        path = "/v1/recording-upload"
        url = other.serve(path, Reply(body=b"{}")).removesuffix(path)
        said = await failure(installation, str(recording), "--url", url)

    assert "no Callscope server" in said


async def test_the_official_client_names_an_upload_like_any_recording(installation: Installation) -> None:
    headers = {"authorization": f"Bearer {KEY}"}
    async with httpx.AsyncClient(base_url=installation.url) as client:
        upload = (await client.post("/v1/recording-upload", headers=headers)).raise_for_status().json()["data"]
        (await client.put(upload["uploadUrl"], content=SOUND)).raise_for_status()
    with Roark(bearer_token=KEY, base_url=installation.url, _strict_response_validation=True, max_retries=0) as roark:
        created = await asyncio.to_thread(
            roark.call.create,
            recording_url=upload["recordingUrl"],
            started_at="2026-01-31T09:30:00Z",
            interface_type="PHONE",
            call_direction="INBOUND",
        )

    await installation.work()

    assert installation.ask(f"/v1/call/{created.data.id}")["recordingUrlAccess"] == "AVAILABLE"
