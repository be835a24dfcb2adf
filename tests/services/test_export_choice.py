"""What columns of exported tables are called, and how they are chosen."""

from dataclasses import replace
from uuid import uuid5

import pytest

from callscope.core.errors import InvalidInput
from callscope.core.metric import Unit, ValueType
from callscope.core.metric_definition import Comparison, Condition, DefinedMetric, MetricSource, Threshold
from callscope.services.export_choice import choose_columns, metric_columns
from callscope.services.export_columns import FIGURES, FIXED, ColumnType
from callscope.services.metric_catalogue import system_metrics

BY_SLUG = {metric.slug: metric for metric in system_metrics().values()}
EVERY = (*FIXED, *FIGURES, *metric_columns(BY_SLUG.values()))


def own(slug: str, like: str = "longest_pause", unit: Unit | None = None) -> DefinedMetric:
    """Build a metric of a project's own that gives what one of the catalogue gives."""
    model = BY_SLUG[like]
    return replace(model, id=uuid5(model.id, slug), slug=slug, is_system=False, unit=unit)


def names_of(*metrics: DefinedMetric) -> list[str]:
    return [column.name for column in metric_columns(metrics)]


@pytest.mark.parametrize(
    ("slug", "names"),
    [
        ("longest_pause", ["longest_pause_ms"]),
        ("response_time", ["response_time_ms.agent", "response_time_ms.customer"]),
        ("response_tool_time", ["response_tool_time_ms"]),
        ("overtalk_ratio", ["overtalk_ratio"]),
        ("failed_barge_in_rate", ["failed_barge_in_rate"]),
        ("transcription_score", ["transcription_score_ratio"]),
        ("turn_count", ["turn_count"]),
        ("transcription_discrepancy", ["transcription_discrepancy_count"]),
        ("audio_bandwidth", ["audio_bandwidth_hz.agent", "audio_bandwidth_hz.customer"]),
        ("frustration_score", ["frustration_score_of_10"]),
        ("speech_quality_mos", ["speech_quality_mos.agent", "speech_quality_mos.customer"]),
        ("voicemail_detected", ["voicemail_detected"]),
        ("call_outcome", ["call_outcome"]),
    ],
)
def test_a_metric_is_called_after_its_unit_and_party(slug: str, names: list[str]) -> None:
    assert names_of(BY_SLUG[slug]) == names


def test_no_two_columns_of_the_catalogue_have_one_name() -> None:
    assert len({column.name for column in EVERY}) == len(EVERY)
    assert not any(column.name.startswith("metric.") for column in EVERY)


def test_no_slug_makes_two_columns_of_one_name() -> None:
    taken = [column.name for column in (*FIXED, *FIGURES)] + ["document", "property", "metric", "response", "tools"]
    metrics = [*BY_SLUG.values(), *(own(slug) for slug in taken)]
    metrics += [own("wait", unit=Unit(name="milliseconds", symbol="ms")), own("wait_ms"), own("response_time_ms")]
    metrics += [own("agent", like="response_time"), own("metric_agent", like="response_time")]
    names = [column.name for column in (*FIXED, *FIGURES)] + names_of(*metrics) + ["property.agent", "document"]
    assert sorted(set(names)) == sorted(names)
    assert {"response_time_ms.agent", "metric.response_time_ms", "wait_ms", "metric.wait_ms"} <= set(names)
    assert {"metric.title", "metric.response_time_p95_ms", "metric.property"} <= set(names)


def test_the_catalogue_keeps_its_names_whatever_a_project_adds() -> None:
    assert names_of(own("longest_pause_ms"), BY_SLUG["longest_pause"]) == [
        "metric.longest_pause_ms",
        "longest_pause_ms",
    ]


def threshold_on(source: DefinedMetric) -> DefinedMetric:
    condition = Condition(
        source=MetricSource(definition_id=source.id), operator=Comparison.LESS_THAN, threshold_value="1"
    )
    calculation = Threshold(condition=condition)
    return replace(own(f"{source.slug}_low"), value_type=ValueType.BOOLEAN, calculation=calculation)


def test_a_threshold_has_a_column_for_each_party_of_its_source() -> None:
    whole, of_parties = BY_SLUG["turn_count"], BY_SLUG["response_time"]
    columns = metric_columns((whole, of_parties, threshold_on(whole), threshold_on(of_parties)))[-3:]
    assert [column.name for column in columns] == [
        "turn_count_low",
        "response_time_low.agent",
        "response_time_low.customer",
    ]
    assert {column.type for column in columns} == {ColumnType.BOOLEAN}


def test_what_is_chosen_stands_once_behind_what_every_file_has() -> None:
    wanted = ["metric:response_time", "response_time_ms.agent", "barge_ins", "id", "properties", "properties"]
    assert [column.name for column in choose_columns(wanted, EVERY)[len(FIXED) :]] == [
        "barge_ins_failed_count",
        "barge_ins_count",
        "response_time_ms.agent",
        "response_time_ms.customer",
    ]
    assert choose_columns((), EVERY) == FIXED


def test_an_unknown_column_is_named_with_the_nearest_and_where_to_look() -> None:
    with pytest.raises(InvalidInput) as error:
        choose_columns(["response_time"], EVERY)
    assert error.value.issues[0].path == ("column",)
    for words in ("no column `response_time`", "`response_time_ms.agent`", "`callscope columns`"):
        assert words in error.value.message
    with pytest.raises(InvalidInput, match="Near to it: `overtalk_ratio`"):
        choose_columns(["overtalk_ration"], EVERY)
    with pytest.raises(InvalidInput, match=r"no column `zzzz` in this project\. `callscope columns`"):
        choose_columns(["zzzz"], EVERY)
