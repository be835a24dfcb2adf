import json
from pathlib import Path
from typing import Any

import pytest

from callscope.cli.analysis.transcript_file import TranscriptUnreadable, read_transcript_file
from callscope.core.call import Role

ENTRY = {"role": "AGENT", "text": "Hello.", "startOffsetMs": 500, "endOffsetMs": 900}
EARLIER = {
    "role": "CUSTOMER",
    "text": "Hi",
    "startOffsetMs": 0,
    "endOffsetMs": 400,
    "languageCode": "en",
    "payload": {},
}


def written(path: Path, document: Any) -> Path:
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return path


@pytest.mark.parametrize(
    "document",
    [
        [ENTRY, EARLIER],
        {"transcript": [ENTRY, EARLIER], "recordingUrl": "https://example.com/a.wav"},
        {"data": {"transcriptionSource": None, "participants": [], "entries": [ENTRY, EARLIER]}},
    ],
    ids=["a list", "a create body", "a read answer"],
)
def test_the_shapes_of_the_api_are_read_in_call_order(tmp_path: Path, document: Any) -> None:
    entries = read_transcript_file(written(tmp_path / "t.json", document))
    assert [(each.role, each.text, each.start_offset_ms, each.end_offset_ms) for each in entries] == [
        (Role.CUSTOMER, "Hi", 0, 400),
        (Role.AGENT, "Hello.", 500, 900),
    ]


def test_an_entry_of_nobody_is_left_out(tmp_path: Path) -> None:
    assert len(read_transcript_file(written(tmp_path / "t.json", [ENTRY, {**ENTRY, "role": None}]))) == 1


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("{not json", "is not JSON"),
        ({"entries": "many"}, "holds no transcript: at the top"),
        ([ENTRY, {**ENTRY, "role": "BOT"}], r"at 1\.role"),
        ([{**ENTRY, "startOffsetMs": -1}], r"at 0\.startOffsetMs"),
        ([{"role": "AGENT"}], r"at 0\.text"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(tmp_path: Path, document: Any, message: str) -> None:
    with pytest.raises(TranscriptUnreadable, match=message):
        read_transcript_file(written(tmp_path / "t.json", document))


def test_bytes_that_are_no_text_are_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(TranscriptUnreadable, match="is not JSON"):
        read_transcript_file(tmp_path / "t.json")
