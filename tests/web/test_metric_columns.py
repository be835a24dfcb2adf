"""Metrics as columns and filters of the list of calls, those of a project's own among them."""

import csv
import io
import re
from html import unescape
from uuid import UUID

import httpx
import pytest
from arro3.io import read_parquet
from sqlalchemy import event

from callscope.core.analysis import Analysis, AnalysisStatus
from callscope.core.ids import new_id
from callscope.core.metric import MetricValue, ValueState
from callscope.core.metric_definition import DefinedMetric
from callscope.metrics.derived.sourcing import Absence, derived_value
from callscope.services import export_choice
from callscope.services.export_columns import FIXED
from callscope.services.metric_catalogue import metrics_by_slug, system_metrics
from callscope.storage import measurements
from callscope.web.list_address import ListAddress
from callscope.web.views.cells import view_metric_cells
from callscope.web.views.columns import every_column, file_choice
from tests.support.built_calls import STARTED_AT, build_analysis, build_call
from tests.support.metric_forms import BY_KIND, FORMULA, THRESHOLD, Fields, post
from tests.support.pages import text_of
from tests.web.conftest import Calls
from tests.web.test_calls_page import add, shown_ids, token_of

CALL = build_call(project_id=new_id())
ANALYSED = build_analysis(CALL)
FAILED = build_analysis(CALL, AnalysisStatus.FAILED, reason="The server answered 404 Not Found.")
UNDER_WAY = build_analysis(CALL, AnalysisStatus.RUNNING)
BY_SLUG = {metric.slug: metric for metric in system_metrics().values()}


async def make(browser: httpx.AsyncClient, calls: Calls, project_id: UUID, fields: Fields) -> DefinedMetric:
    """Make a metric of the project's own."""
    answer = await post(browser, "/metrics", fields)
    slug = answer.headers["location"].removeprefix("/metrics/").partition("/")[0]
    async with calls.wiring.reads() as session:
        return (await metrics_by_slug(session, project_id))[slug]


async def give(calls: Calls, project_id: UUID, call_id: UUID, *values: MetricValue) -> None:
    """Write values of a call."""
    async with calls.wiring.sessions.begin() as session:
        await measurements.save_values(session, project_id=project_id, call_id=call_id, values=values, at=STARTED_AT)


def value_of(metric: DefinedMetric, outcome: float | bool | Absence) -> MetricValue:
    return derived_value(metric, outcome, (), role=None)


async def table_of(browser: httpx.AsyncClient, query: str = "") -> str:
    page = (await browser.get(f"/calls{query}")).text
    return text_of(page.split("<thead>")[1].split("</table")[0])


async def test_own_metrics_of_every_kind_are_columns(
    browser: httpx.AsyncClient, calls: Calls, project_id: UUID
) -> None:
    call_id = await add(calls, project_id)
    page = await browser.get("/calls")
    assert "Your own metrics" not in page.text
    own = {kind: await make(browser, calls, project_id, fields) for kind, fields in BY_KIND.items()}
    offered = (await browser.get("/calls")).text.split("Your own metrics")[1].split("Built-in metrics")[0]
    assert {metric.name for metric in own.values()} == set(re.findall(r'name="column"[^>]*> ([^<]+)<', offered))
    chosen = {"column": [f"metric:{metric.slug}" for metric in own.values()]}
    await browser.post("/calls/columns", data=chosen | token_of(page))
    table = await table_of(browser)
    assert table.startswith(
        " ".join(["Started", *(metric.name for metric in sorted(own.values(), key=lambda one: one.id))])
    )
    assert table.count("not collected : No policy has collected it") == len(own)
    await give(
        calls, project_id, call_id, *(value_of(metric, place + 0.5) for place, metric in enumerate(own.values()))
    )
    table = await table_of(browser)
    assert "not collected" not in table
    assert all(f"{place}.5" in table for place in range(len(own)))


async def test_a_project_does_not_see_the_metrics_of_another(
    browser: httpx.AsyncClient, calls: Calls, project_id: UUID
) -> None:
    metric = await make(browser, calls, project_id, FORMULA)
    other = await calls.add_key("rk_live_of_another", project="another")
    async with calls.wiring.reads() as session:
        assert metric.slug not in await metrics_by_slug(session, other)


async def test_the_filter_offers_own_metrics_and_finds_calls_by_them(
    browser: httpx.AsyncClient, calls: Calls, project_id: UUID
) -> None:
    metric = await make(browser, calls, project_id, FORMULA)
    measured, low, without = [await add(calls, project_id) for _ in range(3)]
    await give(calls, project_id, measured, value_of(metric, 7.5))
    await give(calls, project_id, low, value_of(metric, 2))
    form = (await browser.get("/calls")).text.split('<optgroup label="Your own">')[1]
    assert form.startswith(f'<option value="{metric.slug}">{metric.name}</option></optgroup>')
    sent = {"metric_name": metric.slug, "metric_comparison": "gt", "metric_value": "7"}
    address = (await browser.get("/calls/filter", params=sent)).headers["location"]
    page = (await browser.get(address)).text
    assert shown_ids(page) == [str(measured)]
    assert f"{metric.name} is over 7" in text_of(page)
    absent = (await browser.get(f"/calls?metric[{metric.slug}][exists]=false")).text
    assert shown_ids(absent) == [str(without)]


async def test_a_yes_is_a_way_to_filter_by_it(browser: httpx.AsyncClient, calls: Calls, project_id: UUID) -> None:
    metric = await make(browser, calls, project_id, THRESHOLD)
    by_words = {"yes": await add(calls, project_id), "no": await add(calls, project_id)}
    for words, call_id in by_words.items():
        await give(calls, project_id, call_id, value_of(metric, words == "yes"))
    browser.cookies.set("callscope_columns", f"metric:{metric.slug}")
    links = re.findall(r'class="filter-by" href="([^"]+)"[^>]*>(yes|no)<', (await browser.get("/calls")).text)
    assert {words for _, words in links} == {"yes", "no"}
    for link, words in links:
        page = (await browser.get(link)).text
        assert shown_ids(page) == [str(by_words[words])]
        assert f"{metric.name} is {words}" in text_of(page)


async def test_the_statements_of_a_page_are_as_many_for_one_column_and_call_as_for_many(
    browser: httpx.AsyncClient, calls: Calls, project_id: UUID
) -> None:
    metrics = [await make(browser, calls, project_id, fields) for fields in BY_KIND.values()]
    statements: list[str] = []
    engine = calls.wiring.reads.kw["bind"].sync_engine
    event.listen(engine, "before_cursor_execute", lambda *told: statements.append(told[2]))
    counts = []
    for some in (metrics[:1], metrics):
        for metric in some:
            await give(calls, project_id, await add(calls, project_id), value_of(metric, 1))
        browser.cookies.set("callscope_columns", ".".join(f"metric:{metric.slug}" for metric in some))
        statements.clear()
        await browser.get("/calls")
        counts.append(len(statements))
        assert sum("metric_value.statistics" in statement for statement in statements) == 1
    assert counts[0] == counts[1]


def links_of(page: httpx.Response) -> list[str]:
    return [unescape(link) for link in re.findall(r'href="(/calls/export/[^"]+)"', page.text)]


async def test_the_columns_shown_stand_in_the_files_whoever_opens_the_address(
    browser: httpx.AsyncClient, calls: Calls, project_id: UUID
) -> None:
    metric = await make(browser, calls, project_id, FORMULA)
    call_id = await add(calls, project_id, properties={"campaign": "=spring", "attempt": 2})
    await give(calls, project_id, call_id, value_of(metric, 7.5))
    ids = ["customer", "response", "strip", "properties", f"metric:{metric.slug}", "metric:response_time"]
    page = await browser.get("/calls?callDirection=INBOUND")
    await browser.post("/calls/columns", data={"column": ids} | token_of(page))
    table, lines, parquet = links_of(await browser.get("/calls?callDirection=INBOUND"))
    assert lines == "/calls/export/jsonl?callDirection=INBOUND"
    assert parquet.partition("?")[2] == table.partition("?")[2]
    content = (await browser.get(table)).text
    (row,) = csv.DictReader(io.StringIO(content))
    further = list(row)[len(FIXED) :]
    assert [row[name] for name in further[:4]] == ["3140", "2", "'=spring", "7.5"]
    assert further[:4] == ["response_time_p95_ms", "property.attempt", "property.campaign", metric.slug]
    assert further[4:] == ["response_time_ms.agent", "response_time_ms.customer"]
    assert float(row["response_time_ms.agent"]) > 0
    columns = read_parquet(io.BytesIO((await browser.get(parquet)).content)).read_all()
    assert columns.column_names == [*row, "document"]
    browser.cookies.delete("callscope_columns")
    assert (await browser.get(table)).text == content
    bare = (await browser.get("/calls/export/csv")).text
    assert bare.splitlines()[0] == ",".join(list(row)[: len(FIXED)])


async def test_every_column_of_the_list_can_be_in_a_file(
    browser: httpx.AsyncClient, calls: Calls, project_id: UUID
) -> None:
    await add(calls, project_id)
    await make(browser, calls, project_id, THRESHOLD)
    async with calls.wiring.reads() as session:
        shown = every_column((await metrics_by_slug(session, project_id)).values())
        there_are = await export_choice.read_columns(session, project_id)
    for id_ in file_choice(shown):
        assert len(export_choice.choose_columns([id_], there_are)) > len(FIXED) or id_ == "properties", id_


async def test_a_file_in_a_column_that_there_is_not_says_so(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/calls/export/csv?column=metric:turn_counts")
    assert answer.status_code == 400
    assert "there is no column `metric:turn_counts` in this project" in text_of(answer.text)


@pytest.mark.parametrize(
    ("slug", "analysis", "note", "reason"),
    [
        ("turn_count", UNDER_WAY, "not yet", "still being analysed"),
        ("turn_count", None, "not measured", "no analysis"),
        ("turn_count", FAILED, "not measured", "404 Not Found"),
        ("turn_count", ANALYSED, "not measured", "before this metric was there"),
        ("call_outcome", ANALYSED, "not collected", "No policy has collected it"),
    ],
)
def test_a_missing_value_says_why(slug: str, analysis: Analysis | None, note: str, reason: str) -> None:
    (cell,) = view_metric_cells(BY_SLUG[slug], (), analysis, ListAddress())
    assert (cell.shown, cell.note) == ("", note)
    assert reason in cell.reason


def test_a_value_that_could_not_be_says_why() -> None:
    metric = BY_SLUG["turn_count"]
    value = value_of(metric, Absence(ValueState.NOT_APPLICABLE, "nobody spoke"))
    (cell,) = view_metric_cells(metric, (value,), ANALYSED, ListAddress())
    assert (cell.shown, cell.note, cell.reason) == ("", "does not apply", "nobody spoke")
