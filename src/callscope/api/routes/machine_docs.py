"""`/llms.txt`: what the API can do, for language models (https://llmstxt.org), with a page for each part of it."""

from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse

from callscope.api import markdown_reference
from callscope.core.errors import NotFound

router = APIRouter()


@router.get("/llms.txt", include_in_schema=False)
async def get_llms_txt(request: Request) -> PlainTextResponse:
    """Return the page, made from the description of the API that is served beside it."""
    return PlainTextResponse("\n".join(_lines(request.app.openapi())) + "\n", media_type="text/markdown")


@router.get("/docs/{part}.md", include_in_schema=False)
async def get_part(request: Request, part: str) -> PlainTextResponse:
    """Return everything of one part of the API. Raises NotFound for a part there is not."""
    pages = markdown_reference.pages(request.app.openapi())
    if part not in pages:
        raise NotFound(f"There is no page {part}.md. /llms.txt lists those there are.")
    return PlainTextResponse(pages[part] + "\n", media_type="text/markdown")


def _lines(document: dict[str, Any]) -> Iterator[str]:
    info = document["info"]
    yield from (f"# {info['title']} {info['version']}", "")
    yield from (info["description"].strip(), "")
    yield "- [OpenAPI description](/openapi.json): every field, answer and error"
    yield "- [The same for people](/docs)"
    tag = None
    for method, path, operation in markdown_reference.operations_of(document):
        if operation["tags"][0] != tag:
            tag = operation["tags"][0]
            yield from (
                "",
                f"## {tag}",
                "",
                f"[Fields, answers and errors](/docs/{markdown_reference.slug_of(tag)}.md)",
                "",
            )
        about, _, rest = operation["description"].partition("\n\n")
        need = next((line for line in rest.split("\n\n") if line.startswith("Needs the permission")), "")
        yield f"- `{method.upper()} {path}`: {' '.join([*about.split(), *need.split()])}"
