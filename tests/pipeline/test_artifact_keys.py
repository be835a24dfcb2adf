import pytest

from callscope.boot.wiring import VAPI_DOMAIN
from callscope.pipeline.context import ArtifactKey


@pytest.mark.parametrize(
    ("url", "is_shown"),
    [
        ("https://vapi.ai/recording.wav", True),
        ("https://artifacts.vapi.ai:8443/call/1/recording.wav", True),
        ("http://artifacts.vapi.ai/recording.wav", False),
        ("https://notvapi.ai/recording.wav", False),
        ("https://vapi.ai.example.test/recording.wav", False),
        ("https://example.test/vapi.ai", False),
    ],
)
def test_a_providers_key_is_shown_to_its_own_hosts_alone(url: str, is_shown: bool) -> None:
    assert ArtifactKey(domain=VAPI_DOMAIN, key="key").opens(url) is is_shown
