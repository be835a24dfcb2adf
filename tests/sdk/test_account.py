"""Keys, projects, usage, webhooks and dialling requests, driven by the official client."""

from datetime import timedelta

import httpx
import pytest
from roark_analytics import (
    AsyncRoark,
    AuthenticationError,
    BadRequestError,
    NotFoundError,
    PermissionDeniedError,
    Roark,
)
from sqlalchemy import text

from callscope.core.permissions import PERMISSIONS, Scope
from tests.sdk.conftest import LiveApi, client_of, client_with
from tests.support.api import NOW, make_key

UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"
HEADERS = {"authorization": "Bearer their-token"}


def test_me_is_the_key(live: LiveApi, client: Roark) -> None:
    me = client.me.get().data
    assert (me.token_scope, me.scopes, me.user) == ("PROJECT", ["WRITE"], None)
    assert set(me.granted_permissions) == PERMISSIONS
    assert me.default_project is not None
    assert (me.default_project.id, me.default_project.slug) == (str(live.key.project_id), "default")
    (project,) = client.project.list().data.projects
    assert (project.id, project.name, project.organization.id) == (
        me.default_project.id,
        "default",
        me.organization.id,
    )


async def test_a_key_makes_a_lesser_key(live: LiveApi, client: Roark) -> None:
    made = client.me.create_api_key(
        name="CI", scopes=["READ"], permissions=["call:read"], expires_at=(NOW + timedelta(days=1)).isoformat()
    ).data
    assert (made.name, made.scopes, made.permissions, made.status) == ("CI", ["READ"], ["call:read"], "ACTIVE")
    assert made.key.startswith("rk_live_")
    assert (made.default_project_id, made.last_used_at) == (str(live.key.project_id), None)
    with client_with(live, made.key) as lesser:
        assert lesser.call.list().data == []
        with pytest.raises(PermissionDeniedError):
            lesser.agent.list()
    listed = {key.id: key for key in client.me.list_api_keys().data.api_keys}
    assert listed[made.id].last_used_at is not None
    assert made.key not in str(listed)


async def test_a_key_never_exceeds_its_maker(live: LiveApi, client: Roark) -> None:
    maker_key = await make_key(
        live.sessions, permissions=["api-key:create", "call:read"], expires_at=NOW + timedelta(hours=1)
    )
    reader_key = await make_key(live.sessions, scope=Scope.READ)
    with client_of(live, maker_key) as maker, client_of(live, reader_key) as reader:
        like_maker = maker.me.create_api_key(name="like").data
        assert like_maker.permissions == ["api-key:create", "call:read"]
        assert like_maker.expires_at == "2026-01-31T13:00:00Z"
        with pytest.raises(PermissionDeniedError, match="call:delete"):
            maker.me.create_api_key(name="more", permissions=["call:read", "call:delete"])
        with pytest.raises(BadRequestError, match="expires itself"):
            maker.me.create_api_key(name="longer", expires_at=(NOW + timedelta(hours=2)).isoformat())
        with pytest.raises(BadRequestError, match="not in the future"):
            maker.me.create_api_key(name="past", expires_at=NOW.isoformat())
        with pytest.raises(BadRequestError, match="is no permission"):
            maker.me.create_api_key(name="odd", permissions=["call:fly"])
        with pytest.raises(PermissionDeniedError):
            reader.me.create_api_key(name="more")
    with pytest.raises(NotFoundError):
        client.me.create_api_key(name="elsewhere", project_id=UNKNOWN_ID)
    assert len(client.me.list_api_keys().data.api_keys) == 4


async def test_a_read_key_cannot_make_a_write_key(live: LiveApi, client: Roark) -> None:
    made = client.me.create_api_key(name="both", scopes=["READ", "WRITE"]).data
    assert made.scopes == ["WRITE"]
    async with live.sessions.begin() as session:
        await session.execute(text("UPDATE api_key SET scope = 'READ' WHERE id = :id"), {"id": made.id})
    with client_with(live, made.key) as reader, pytest.raises(PermissionDeniedError, match="api-key:create"):
        reader.me.create_api_key(name="more", scopes=["WRITE"])


async def test_a_revoked_key_is_good_for_nothing(live: LiveApi, client: Roark) -> None:
    made = client.me.create_api_key(name="CI").data
    done = client.me.revoke_api_key(made.id).data
    assert (done.id, done.deleted) == (made.id, True)
    with client_with(live, made.key) as revoked, pytest.raises(AuthenticationError):
        revoked.me.get()
    assert [key.id for key in client.me.list_api_keys(status="REVOKED").data.api_keys] == [made.id]
    assert made.id not in [key.id for key in client.me.list_api_keys().data.api_keys]
    with pytest.raises(NotFoundError):
        client.me.revoke_api_key(made.id)
    with (
        client_of(live, await make_key(live.sessions, project="other")) as stranger,
        pytest.raises(NotFoundError),
    ):
        stranger.me.revoke_api_key(str(live.key.id))


def test_usage_is_nothing(live: LiveApi, client: Roark) -> None:
    usage = client.usage.get(from_="2026-01-01T00:00:00Z", to="2026-02-01T00:00:00Z").data
    assert (usage.total_usd_micros, usage.projects, usage.currency) == (0, [], "usd")
    assert (usage.from_, usage.to) == ("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z")
    for start, end in (("2026-02-01T00:00:00Z", "2026-01-01T00:00:00Z"), ("2024-01-01T00:00:00Z", "2026-01-01")):
        with pytest.raises(BadRequestError):
            client.usage.get(from_=start, to=end)
    with pytest.raises(NotFoundError):
        client.usage.get(from_="2026-01-01T00:00Z", to="2026-02-01T00:00Z", project_id=str(live.key.id))


def test_a_webhook_is_made_listed_and_deleted(client: Roark) -> None:
    made = client.webhook.create(
        url="https://hooks.example/in", events=["CALL_ANALYSIS_COMPLETED", "CALL_ANALYSIS_FAILED"], headers=HEADERS
    ).data
    assert made.signing_secret.startswith("whsec_")
    assert (made.url, made.headers, made.description) == ("https://hooks.example/in", HEADERS, None)
    read = client.webhook.get_by_id(made.id).data
    assert read.events == ["CALL_ANALYSIS_COMPLETED", "CALL_ANALYSIS_FAILED"]
    assert made.signing_secret not in read.model_dump_json()
    page = client.webhook.list()
    assert ([each.id for each in page.data], page.pagination.total) == ([made.id], 1)
    assert client.webhook.delete(made.id).data.success
    assert client.webhook.list().data == []
    for attempt in (client.webhook.get_by_id, client.webhook.delete):
        with pytest.raises(NotFoundError):
            attempt(made.id)


@pytest.mark.parametrize("url", ["ftp://hooks.example", "https://user:word@hooks.example", "hooks", "https://a b"])
def test_a_webhook_needs_a_url_that_can_be_called(client: Roark, url: str) -> None:
    with pytest.raises(BadRequestError) as error:
        client.webhook.create(url=url, events=["ISSUE_OPENED"])
    assert error.value.body["param"] == "url"


def test_a_webhook_needs_events_and_headers_that_can_be_sent(client: Roark) -> None:
    with pytest.raises(BadRequestError):
        client.webhook.create(url="https://hooks.example", events=[])
    with pytest.raises(BadRequestError, match="must be HTTP headers"):
        client.webhook.create(url="https://hooks.example", events=["ISSUE_OPENED"], headers={"a": "b\r\nc: d"})


async def test_a_dialling_request_is_made_and_changed(async_client: AsyncRoark) -> None:
    definitions = async_client.http_request_definition
    made = (
        await definitions.create(
            scope="AGENT_OUTBOUND_DIAL", url="https://dial.example/x", body={"to": "{{phoneNumberToDial}}"}
        )
    ).data
    assert made.signing_secret.startswith("whsec_")
    assert (made.method, made.headers, made.is_config_managed) == ("POST", {}, False)
    assert (made.body, made.parsed_body) == ('{"to": "{{phoneNumberToDial}}"}', {"to": "{{phoneNumberToDial}}"})
    changed = (await definitions.update(made.id, body="to={{phoneNumberToDial}}", headers=HEADERS)).data
    assert (changed.body, changed.parsed_body, changed.url) == (
        "to={{phoneNumberToDial}}",
        "to={{phoneNumberToDial}}",
        "https://dial.example/x",
    )
    assert (await definitions.get_by_id(made.id)).data.headers == HEADERS
    assert [each.id for each in (await definitions.list()).data] == [made.id]


async def test_another_project_reaches_none_of_it(live: LiveApi, client: Roark) -> None:
    webhook_id = client.webhook.create(url="https://hooks.example", events=["ISSUE_OPENED"]).data.id
    definition_id = client.http_request_definition.create(scope="AGENT_OUTBOUND_DIAL", url="https://d.example").data.id
    with client_of(live, await make_key(live.sessions, project="other")) as stranger:
        for attempt in (
            lambda: stranger.webhook.get_by_id(webhook_id),
            lambda: stranger.webhook.delete(webhook_id),
            lambda: stranger.http_request_definition.get_by_id(definition_id),
            lambda: stranger.http_request_definition.update(definition_id, url="https://mine.example"),
        ):
            with pytest.raises(NotFoundError):
                attempt()
        assert stranger.webhook.list().data == stranger.http_request_definition.list().data == []
        assert [key.name for key in stranger.me.list_api_keys().data.api_keys] == ["test"]


@pytest.mark.parametrize(("value", "status"), [("anything", 200), (UNKNOWN_ID, 200), ("", 400)])
def test_the_project_header(live: LiveApi, value: str, status: int) -> None:
    headers = {"X-Roark-Project-Id": value, "Authorization": f"Bearer {live.key.plain_key}"}
    response = httpx.get(f"{live.url}/v1/call", headers=headers)
    assert response.status_code == status
    assert status == 200 or "GET /v1/projects" in response.json()["message"]


async def test_a_key_of_an_integration_is_good_for_its_routes_only(live: LiveApi) -> None:
    key = await make_key(live.sessions, integration="pipecat")
    with client_of(live, key) as bound, pytest.raises(PermissionDeniedError, match="bound to the integration"):
        bound.call.list()
