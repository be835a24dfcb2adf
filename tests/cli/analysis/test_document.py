import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from callscope.cli.analysis import schema
from callscope.cli.analysis.document import analysis_document
from callscope.cli.analysis.schema import AnalysisDocument
from callscope.metrics import registry
from tests.support.measurements import example_measurement, untimed_measurement

REFERENCE = Path(__file__).parents[3] / "docs" / "reference"


def printed(document: AnalysisDocument) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(document.model_dump_json())
    return read


def metric(document: dict[str, Any], slug: str, role: str | None) -> dict[str, Any]:
    (found,) = [each for each in document["metrics"] if (each["slug"], each["role"]) == (slug, role)]
    return found


def test_segments_turns_and_interruptions_in_the_documented_shape() -> None:
    document = printed(analysis_document(example_measurement()))
    assert document["duration_ms"] == 34600
    assert (document["basis"], document["basis_reason"], document["confidence"]) == ("channel_audio", None, 1.0)
    assert document["channels"] == [{"index": 0, "role": "customer"}, {"index": 1, "role": "agent"}]
    assert document["segments"][0] == {"role": "agent", "start_ms": 800, "end_ms": 3300}
    assert document["turns"][1] == {
        "role": "customer",
        "kind": "turn",
        "start_ms": 3950,
        "end_ms": 6900,
        "response_time_ms": 650,
    }
    assert document["turns"][3]["kind"] == "backchannel"
    assert document["interruptions"] == [
        {"by": "customer", "at_ms": 12800, "yielded": True, "stop_latency_ms": 600},
        {"by": "customer", "at_ms": 28000, "yielded": False, "stop_latency_ms": None},
    ]


def test_each_metric_stands_once_per_party_with_its_events_inside() -> None:
    document = printed(analysis_document(example_measurement()))
    expected = {(each.slug, role) for each in registry.computed() for role in each.subjects}
    assert {(each["slug"], each["role"]) for each in document["metrics"]} == expected
    assert len(document["metrics"]) == len(expected)
    response = metric(document, "response_time", "agent")
    assert (response["value"], response["unit"], response["state"], response["reason"]) == (700, "ms", "SUCCESS", None)
    assert response["statistics"]["p90"] == 1080
    assert response["events"] == [
        {"value": 1200, "start_ms": 6900, "end_ms": 8100},
        {"value": 500, "start_ms": 14500, "end_ms": 15000},
        {"value": 800, "start_ms": 26200, "end_ms": 27000},
        {"value": 600, "start_ms": 32400, "end_ms": 33000},
    ]
    assert metric(document, "turn_duration", "agent")["events"][0] == {"value": 2500, "start_ms": 800, "end_ms": 3300}
    assert metric(document, "silence_duration", None)["evidence"] == [
        {"start_ms": 21000, "end_ms": 25500, "role": None, "reason": "dead air: nobody spoke for 4500 ms"}
    ]


def test_where_nobody_could_be_timed_lists_are_empty_and_reasons_stand() -> None:
    document = printed(analysis_document(untimed_measurement()))
    assert (document["basis"], document["basis_reason"]) == (None, "one channel holds both parties")
    assert document["segments"] == document["turns"] == document["interruptions"] == []
    missing = metric(document, "response_time", "customer")
    assert (missing["value"], missing["state"]) == (None, "DATA_MISSING")
    assert missing["reason"] == "one channel holds both parties"
    assert metric(document, "call_duration", None)["value"] == 5000


def test_findings_carry_their_remedy() -> None:
    (finding,) = printed(analysis_document(example_measurement()))["input"]["findings"]
    assert finding == {
        "code": "bleed",
        "severity": "warning",
        "channel_index": 1,
        "message": "The customer is audible at -24 dB.",
        "remedy": "Record each party on its own channel.",
    }


def test_the_committed_schema_is_the_programs() -> None:
    committed = json.loads((REFERENCE / "analyze.schema.json").read_text())
    assert committed == AnalysisDocument.model_json_schema(), (
        "stale: `callscope analyze --schema > docs/reference/analyze.schema.json`"
    )


def test_the_page_describes_every_field() -> None:
    page = (REFERENCE / "analyze.md").read_text()
    parts = [each for each in vars(schema).values() if isinstance(each, type) and issubclass(each, BaseModel)]
    for part in parts:
        for name, field in part.model_fields.items():
            row = f"`{name}` | {field.description} |"
            assert row in page, f"docs/reference/analyze.md lacks the row of {part.__name__}: {row}"
