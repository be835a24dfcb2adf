"""What a browser does with pages, for tests that speak HTTP only."""

import html
import re
from html.parser import HTMLParser

import httpx


def form_token_of(page: str) -> str:
    found = re.search(r'name="form_token" value="([^"]+)"', page)
    assert found, "the page has no form token"
    return html.unescape(found[1])


async def sign_in(client: httpx.AsyncClient, key: str, *, next_address: str = "/calls") -> httpx.Response:
    page = await client.get("/sign-in")
    form = {"api_key": key, "next": next_address, "form_token": form_token_of(page.text)}
    return await client.post("/sign-in", data=form)


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.attributes: list[tuple[str, str, str | None]] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value) for name, value in attrs]


def text_of(page: str) -> str:
    """Return what a reader of the page sees, white space folded."""
    parser = _Text()
    parser.feed(page)
    return " ".join(" ".join(parser.parts).split())


def attributes_of(page: str) -> list[tuple[str, str, str | None]]:
    """Return every attribute as (tag, name, value)."""
    parser = _Text()
    parser.feed(page)
    return parser.attributes
