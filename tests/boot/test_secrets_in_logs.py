"""The watch over the logs of all tests (`tests/conftest.py`) sees what it is to see."""

import pytest

from tests.support.secret_words import PASSWORD, secrets_in


@pytest.mark.parametrize(
    "line",
    [
        "key rk_live_0123456789abcdef0123456789abcdef was used",
        "secret whsec_MDEyMzQ1Njc4OWFiY2RlZg==",
        "GET /v1/recordings/1?expires=1&signature=0123456789abcdef0123 200",
        "headers {'authorization': 'Bearer 0123456789'}",
        f"signed in with {PASSWORD}",
    ],
)
def test_a_secret_is_seen(line: str) -> None:
    assert len(secrets_in(line)) >= 1


def test_ids_and_the_beginning_of_a_key_are_no_secrets() -> None:
    assert secrets_in('{"event": "call_removed", "call_id": "01a20520-0d30-79a6", "key": "rk_live_cras"}') == []
