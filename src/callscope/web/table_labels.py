"""Tables that can be read row by row: every cell bears its column's name, for screens too narrow for columns."""

import re

from markupsafe import Markup

PART = re.compile(r"<(thead|tbody|tr|td|th)\b")
HEADING = re.compile(r'<th scope="col"[^>]*>(.*?)</th>', re.DOTALL)
UNSEEN = re.compile(r'<span class="hidden-text">.*?</span>', re.DOTALL)
TAG = re.compile(r"<[^>]*>")
ROLES = {"thead": "rowgroup", "tbody": "rowgroup", "tr": "row", "td": "cell"}


def labelled(content: Markup) -> Markup:
    """Return a table's `thead` and `tbody` with its column's heading as each cell's `data-label`.

    A cell under a heading that is not seen, and the one that names its row, bear none. Every part gets its role as
    well: assistive technology may lose that of a table that is not laid out as one.
    """
    labels = [TAG.sub("", UNSEEN.sub("", heading)).strip() for heading in HEADING.findall(content)]
    is_head, column = True, 0

    def mark(found: re.Match[str]) -> str:
        nonlocal is_head, column
        part = found[1]
        if part == "tbody":
            is_head = False
        if part == "tr":
            column = 0
        if part not in {"td", "th"}:
            return f'<{part} role="{ROLES[part]}"'
        label = labels[column] if part == "td" else ""
        column += 1
        role = ROLES.get(part) or ("columnheader" if is_head else "rowheader")
        # The heading was escaped where it stood, as text; here it stands in quotes.
        named = f' data-label="{label.replace(chr(34), "&#34;")}"' if label else ""
        return f'<{part} role="{role}"{named}'

    return Markup(PART.sub(mark, content))  # noqa: S704 - what came in was escaped, and nothing else was added
