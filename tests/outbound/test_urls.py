import pytest

from callscope.outbound.errors import FetchCause, UrlForbidden
from callscope.outbound.urls import parse_url


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://example.com/a.wav",
        "gopher://example.com/",
        "data:audio/wav;base64,AAAA",
        "//example.com/a.wav",
        "/a.wav",
        "example.com/a.wav",
        "",
        "http://",
        "http:///a.wav",
        "https://user:secret@example.com/a.wav",
        "https://user@example.com/a.wav",
        "https://@example.com/a.wav",
        "https://example.com\\@127.0.0.1/a.wav",
        "https://exa mple.com/a.wav",
        "https://example.com/a\n.wav",
        "https://example.com/a\x00.wav",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0177.0.0.1/",
        "http://127.1/",
        "http://0x7f.1/",
        "http://127.0.0.1./",
        "http://010.0.0.1/",
        "http://1.2.3.4.5/",
        "http://[fe80::1%25eth0]/",
        "http://[::1%eth0]/",
        "http://[::1/",
        "http://%31%32%37.0.0.1/",
        "https://example.com:0/a.wav",
        "https://example.com:22/a.wav",
        "https://example.com:25/a.wav",
        "https://example.com:99999/a.wav",
        "https://example.com/" + "a" * 9000,
    ],
)
def test_urls_of_a_forbidden_form_are_refused(url: str) -> None:
    with pytest.raises(UrlForbidden) as refusal:
        parse_url(url)

    assert refusal.value.cause is FetchCause.FORBIDDEN
    assert "secret" not in refusal.value.message


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/a.wav",
        "http://example.com:8080/a.wav?X-Amz-Signature=abc%2Bd",
        "https://[2606:4700:4700::1111]/a.wav",
        "https://93.184.216.34/a.wav",
        "HTTPS://EXAMPLE.com/A.wav",
        "https://bücher.example/a.wav",
    ],
)
def test_ordinary_urls_pass(url: str) -> None:
    assert parse_url(url).host
