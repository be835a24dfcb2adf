"""The template environment: everything escaped, bundled files by the names their content gives them."""

import functools
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from callscope.core.errors import CallscopeError
from callscope.web import navigation
from callscope.web.table_labels import labelled

HERE = Path(__file__).parent
STATIC = HERE / "static"
MANIFEST = STATIC / "build" / "manifest.json"


class PagesNotBuilt(CallscopeError):
    """The bundled scripts and styles are not there."""

    code = "pages_not_built"


def asset(name: str) -> str:
    """Return the address of a bundled file: `call.js`, `style.css`. Raises PagesNotBuilt."""
    return f"/static/build/{_manifest()[name]}"


@functools.cache
def _manifest() -> dict[str, str]:
    if not MANIFEST.is_file():
        raise PagesNotBuilt("The pages' scripts are not bundled. Run `python frontend/build.py` in the checkout.")
    names: dict[str, str] = json.loads(MANIFEST.read_text())
    return names


def utc_words(moment: datetime) -> str:
    """Return a moment as the page says it before the script puts it into the viewer's zone."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


@functools.cache
def environment() -> Environment:
    """Return the templates' environment. A name that was not given is an error, never a blank."""
    found = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.globals["asset"] = asset
    found.globals["navigation"] = navigation
    found.filters["labelled"] = labelled
    found.filters["utc"] = utc_words
    found.filters["isotime"] = lambda moment: moment.astimezone(UTC).isoformat()
    return found


def render(template: str, **context: Any) -> str:  # noqa: ANN401 - whatever the template asks for
    """Return a rendered template."""
    return environment().get_template(template).render(**context)
