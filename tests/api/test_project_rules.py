from typing import Any

import httpx
import pytest

from callscope.core.permissions import Scope
from tests.support.api import ApiUnderTest, authorization, make_key

NONE_SET = {
    "callsPerDay": None,
    "recordingRetentionDays": None,
    "transcriptRetentionDays": None,
    "traceRetentionDays": None,
    "redacted": [],
    "keepsOriginalRecordings": False,
}


async def test_a_new_project_keeps_everything_and_masks_nothing(client: httpx.AsyncClient) -> None:
    assert (await client.get("/v1/project/rules")).json()["data"] == NONE_SET


async def test_what_is_left_out_stays_and_null_lifts_a_rule(client: httpx.AsyncClient) -> None:
    await client.patch("/v1/project/rules", json={"recordingRetentionDays": 30, "redacted": ["PHONE", "EMAIL"]})
    await client.patch("/v1/project/rules", json={"recordingRetentionDays": None, "callsPerDay": 5})

    changed = (await client.get("/v1/project/rules")).json()["data"]
    assert changed == {**NONE_SET, "callsPerDay": 5, "redacted": ["EMAIL", "PHONE"]}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"recordingRetentionDays": 0},
        {"recordingRetentionDays": 1.5},
        {"callsPerDay": -1},
        {"callsPerDay": 2**40},
        {"redacted": ["SHOES"]},
    ],
)
async def test_odd_rules_are_refused(client: httpx.AsyncClient, body: dict[str, Any]) -> None:
    response = await client.patch("/v1/project/rules", json=body)

    assert response.status_code == 400
    assert (await client.get("/v1/project/rules")).json()["data"] == NONE_SET


async def test_a_reader_may_look_and_not_change(client: httpx.AsyncClient, api: ApiUnderTest) -> None:
    reader = authorization(await make_key(api.transactions, scope=Scope.READ))

    assert (await client.get("/v1/project/rules", headers=reader)).status_code == 200
    assert (await client.patch("/v1/project/rules", json={"callsPerDay": 1}, headers=reader)).status_code == 403


async def test_each_project_has_its_own(client: httpx.AsyncClient, api: ApiUnderTest) -> None:
    other = authorization(await make_key(api.transactions, project="other"))
    await client.patch("/v1/project/rules", json={"callsPerDay": 1})

    assert (await client.get("/v1/project/rules", headers=other)).json()["data"] == NONE_SET
