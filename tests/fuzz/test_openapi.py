"""Requests made from the description of the API: whatever is sent, no 5xx, and every answer is as described."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from callscope.api.routes.recordings import PlaybackContext
from callscope.boot.app import openapi_document
from callscope.services.keys import CreatedKey
from callscope.services.signing import Signer
from callscope.storage.engine import create_engine, session_factory
from callscope.storage.objects import Objects
from tests.support.api import authorization, build_app_under_test, make_key, minimal_call
from tests.support.database import DatabaseServer
from tests.support.live_api import integration_intake, recording_intake
from tests.support.live_server import serving

EXAMPLES = 12


@schemathesis.serializer("audio/pcm")
def samples(_context: object, value: object) -> bytes:
    """Take whatever is made up as the bytes of a chunk."""
    return value if isinstance(value, bytes) else str(value).encode()


CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
SCHEMA = schemathesis.openapi.from_dict(openapi_document())
OPERATIONS = {result.ok().label: result.ok() for result in SCHEMA.get_all_operations() if isinstance(result, Ok)}
ENDS_OWN_KEY = "DELETE /v1/me/api-keys/{id}"


@dataclass(frozen=True, kw_only=True)
class Target:
    """A served API and what is stored there: the ids that addresses may name."""

    url: str
    session: requests.Session
    ids: dict[str, str]


@pytest.fixture(scope="module")
def target(database_server: DatabaseServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    url = database_server.clone()
    key = asyncio.run(new_key(url))
    engine = create_engine(url)
    api = build_app_under_test(engine)
    objects = Objects.open(None, default_dir=tmp_path_factory.mktemp("objects"))
    api.app.state.playback = PlaybackContext(reads=api.transactions, objects=objects, signer=Signer(b"s", api.clock))
    api.app.state.integrations = integration_intake(api, engine, objects)
    api.app.state.recording_uploads = recording_intake(api, objects)
    with serving(api.app) as address, requests.Session() as session:
        session.headers.update(authorization(key))
        yield Target(url=address, session=session, ids=stored_ids(address, key))
    database_server.drop(url)


async def new_key(database_url: str) -> CreatedKey:
    engine = create_engine(database_url)
    try:
        return await make_key(session_factory(engine))
    finally:
        await engine.dispose()


def stored_ids(address: str, key: CreatedKey) -> dict[str, str]:
    """Store one of each thing and return its id under the name that addresses give it."""
    turn = {"role": "AGENT", "text": "hello", "startOffsetMs": 0, "endOffsetMs": 500}
    agent = {"name": "a", "endpoint": {"type": "phone", "value": "+14155550100"}, "prompt": {"resolvedPrompt": "p"}}
    call = minimal_call(agent=agent, transcript=[turn], properties={"plan": "gold"})
    with httpx.Client(base_url=address, headers=authorization(key)) as client:
        created = client.post("/v1/call", json=call)
        assert created.status_code == 201, created.text
        made = created.json()["data"]
        agent_id = made["agents"][0]["id"]
        prompts = client.get(f"/v1/agent/{agent_id}/prompts").json()["data"]
        webhook = client.post("/v1/webhook", json={"url": "https://a.example", "events": ["CALL_ANALYSIS_COMPLETED"]})
    return {
        "call_id": made["id"],
        "agent_id": agent_id,
        "endpoint_id": made["agents"][0]["endpoint"]["id"],
        "prompt_id": prompts[0]["id"],
        "webhook_id": webhook.json()["data"]["id"],
    }


def test_every_operation_is_understood() -> None:
    described = openapi_document()["paths"]
    assert set(OPERATIONS) == {
        f"{method.upper()} {path}" for path, operations in described.items() for method in operations
    }


def cases(operation: APIOperation) -> st.SearchStrategy[Case]:
    """Return requests that fit the description and requests that break it."""
    return st.one_of(operation.as_strategy(mode) for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE))


@pytest.mark.parametrize("label", sorted(OPERATIONS))
def test_answers_are_as_described(target: Target, label: str) -> None:
    operation = OPERATIONS[label]

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        # Requests are small as they are; making them smaller takes minutes where a server is slow.
        phases=[Phase.generate],
    )
    @given(case=cases(operation), is_of_stored=st.booleans())
    def check(case: Case, is_of_stored: bool) -> None:
        if is_of_stored:
            known = {name: target.ids[name] for name in case.path_parameters or {} if name in target.ids}
            case.path_parameters = {**(case.path_parameters or {}), **known}
        case.call_and_validate(base_url=target.url, session=target.session, checks=CHECKS)

    check()
