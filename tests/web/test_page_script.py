"""How much script of ours a page is made of: what its templates load, with all that is imported."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "frontend" / "src"
TEMPLATES = ROOT / "src" / "callscope" / "web" / "templates"
MOST_LINES = 1_500
LAYOUT = "layout.html"
SCRIPT = re.compile(r"asset\('(\w+)\.js'\)")
IMPORT = re.compile(r'^(?:import|export)\b[^"]*"(\.[^"]+)"|import\("(\.[^"]+)"\)', re.MULTILINE)
EMPTY_OR_COMMENT = re.compile(r"\s*(//|/\*|\*|$)")


def scripts_of(template: str) -> list[str]:
    return SCRIPT.findall((TEMPLATES / template).read_text())


def bundled(source: Path, seen: set[Path]) -> Iterator[Path]:
    """Yield a source and all it imports, now or later, each once."""
    if source in seen:
        return
    seen.add(source)
    yield source
    for static, lazy in IMPORT.findall(source.read_text()):
        yield from bundled((source.parent / (static or lazy)).resolve(), seen)


def line_count(source: Path) -> int:
    return sum(not EMPTY_OR_COMMENT.match(line) for line in source.read_text().splitlines())


PAGES = sorted(path.name for path in TEMPLATES.glob("*.html") if scripts_of(path.name))


def test_every_script_belongs_to_a_page() -> None:
    seen: set[Path] = set()
    for page in PAGES:
        for script in scripts_of(page):
            list(bundled(SOURCES / f"{script}.ts", seen))
    assert seen == set(SOURCES.rglob("*.ts"))


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_made_of_little_script(page: str) -> None:
    seen: set[Path] = set()
    scripts = {*scripts_of(LAYOUT), *scripts_of(page)}
    sources = [source for script in sorted(scripts) for source in bundled(SOURCES / f"{script}.ts", seen)]
    assert sources
    assert sum(line_count(source) for source in sources) < MOST_LINES
