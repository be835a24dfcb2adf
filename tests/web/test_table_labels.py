import re

from markupsafe import Markup

from callscope.web.table_labels import labelled

TABLE = Markup(
    '<thead><tr><th scope="col">Name</th><th scope="col" class="number">“How” &amp; "many"</th>'
    '<th scope="col"><span class="hidden-text">Actions</span></th></tr></thead>'
    '<tbody><tr><th scope="row">One</th><td class="number">1</td><td><button>Go</button></td></tr>'
    "<tr>\n<td>Two</td><td>2</td><td></td></tr></tbody>"
)


def test_each_cell_bears_the_heading_that_is_seen_over_it() -> None:
    cells = re.findall(r"<(t[dh]) ([^>]*)>", labelled(TABLE).partition("<tbody")[2])
    named = ' data-label="“How” &amp; &#34;many&#34;"'
    assert cells == [
        ("th", 'role="rowheader" scope="row"'),
        ("td", f'role="cell"{named} class="number"'),
        ("td", 'role="cell"'),
        ("td", 'role="cell" data-label="Name"'),
        ("td", f'role="cell"{named}'),
        ("td", 'role="cell"'),
    ]


def test_every_part_of_a_table_says_what_it_is() -> None:
    table = labelled(TABLE)
    assert table.count('role="rowgroup"') == 2
    assert table.count('role="row"') == 3
    assert table.count('role="columnheader"') == 3
    assert re.sub(r' (role|data-label)="[^"]*"', "", table) == TABLE, "nothing else changes"
