"""`/llms.txt`: what the API can do, on one page for language models (https://llmstxt.org)."""

from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse

router = APIRouter()


@router.get("/llms.txt", include_in_schema=False)
async def get_llms_txt(request: Request) -> PlainTextResponse:
    """Return the page, made from the description of the API that is served beside it."""
    return PlainTextResponse("\n".join(_lines(request.app.openapi())) + "\n", media_type="text/markdown")


def _lines(document: dict[str, Any]) -> Iterator[str]:
    info = document["info"]
    yield from (f"# {info['title']} {info['version']}", "")
    yield from (info["description"].strip(), "")
    yield "- [OpenAPI description](/openapi.json): every field, answer and error"
    yield "- [The same for people](/docs)"
    tag = None
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if operation.get("tags") != tag:
                tag = operation.get("tags")
                yield from ("", f"## {(tag or ['other'])[0]}", "")
            about, _, rest = operation["description"].partition("\n\n")
            need = next((line for line in rest.split("\n\n") if line.startswith("Needs the permission")), "")
            yield f"- `{method.upper()} {path}`: {' '.join([*about.split(), *need.split()])}"
