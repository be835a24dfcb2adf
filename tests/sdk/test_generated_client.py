"""A client that a generator makes of the served description, driven from creating a call to deleting it."""

import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.sdk.conftest import LiveApi

PACKAGE = "client_of_callscope"


@pytest.fixture
def generated(live: LiveApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The package, generated from what the server serves and importable under its name."""
    description = tmp_path / "openapi.json"
    description.write_text(httpx.get(f"{live.url}/openapi.json").text)
    command = [
        *(str(Path(sys.executable).parent / "openapi-python-client"), "generate", "--meta", "none"),
        *("--path", str(description), "--output-path", str(tmp_path / PACKAGE)),
    ]
    subprocess.run(command, check=True, capture_output=True)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path / PACKAGE
    for name in [name for name in sys.modules if name.startswith(PACKAGE)]:
        del sys.modules[name]


def module(name: str) -> ModuleType:
    return importlib.import_module(f"{PACKAGE}.{name}")


def test_every_route_of_calls_and_agents_is_there(generated: Path) -> None:
    document = json.loads((generated.parent / "openapi.json").read_text())
    wanted = {
        operation["operationId"]
        for operations in document["paths"].values()
        for operation in operations.values()
        if operation["tags"][0] in ("call", "agent", "webhook", "account", "health", "HTTP request definition")
    }
    assert wanted <= {path.stem for path in generated.rglob("api/*/*.py")}


@pytest.fixture
def client(live: LiveApi, generated: Path) -> Iterator[Any]:  # noqa: ARG001 - makes the package
    made = module("client").AuthenticatedClient(
        base_url=live.url, token=live.key.plain_key, raise_on_unexpected_status=True
    )
    with made as client:
        yield client


def test_a_call_is_sent_read_changed_and_deleted(client: Any) -> None:
    models = module("models")

    def ask(operation: str, *path: UUID, **given: Any) -> Any:
        answer = module(f"api.call.{operation}").sync_detailed(*path, client=client, **given)
        assert answer.status_code < 300, answer.content
        return answer.parsed.data

    sent = models.CallCreate.from_dict(
        {
            "recordingUrl": "https://recordings.example/call.wav",
            "startedAt": "2026-01-31T09:30:00+00:00",
            "interfaceType": "PHONE",
            "callDirection": "INBOUND",
            "agent": {"name": "Front desk"},
            "customer": {"phoneNumberE164": "+14155550142"},
            "transcript": [{"role": "AGENT", "text": "hello", "startOffsetMs": 0, "endOffsetMs": 500}],
            "properties": {"planTier": "gold"},
        }
    )
    created = ask("create_call", body=sent)
    read = ask("get_call", created.id)
    assert (read.id, read.call_direction.value, read.properties.to_dict()) == (
        created.id,
        "INBOUND",
        {"plan_tier": "gold"},
    )
    assert [entry.text for entry in ask("get_transcript", created.id).entries] == ["hello"]
    assert [call.id for call in ask("list_calls", search_text="hello", limit=1)] == [created.id]

    tool = {"name": "pay", "parameters": {"sum": 3}, "result": "", "startOffsetMs": 100}
    appended = models.ToolInvocationsAppend.from_dict({"toolInvocations": [tool]})
    assert ask("append_tool_invocations", created.id, body=appended).added == 1
    changes = models.PropertiesUpdate.from_dict({"properties": {"planTier": "silver"}})
    assert ask("update_properties", created.id, body=changes).updated == ["plan_tier"]
    assert ask("get_cost", created.id).total_usd_micros == 0
    assert ask("list_metrics", created.id) == []
    assert ask("delete_call", created.id).deleted is True

    gone = module("api.call.get_call").sync_detailed(created.id, client=client)
    assert (gone.status_code, gone.parsed.type_) == (404, "not_found")
