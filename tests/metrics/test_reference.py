import re
from pathlib import Path

import pytest

from callscope.core.metric_definition import Judgement
from callscope.metrics import reference, registry
from callscope.metrics.definition import MetricDefinition
from callscope.metrics.judgement import JUDGE_WEAKNESS

COMMITTED = Path(__file__).parents[2] / "docs" / "reference" / "metrics"


def test_the_committed_pages_are_what_the_definitions_say() -> None:
    pages = reference.pages(COMMITTED)
    assert {path.name: path.read_text() for path in COMMITTED.iterdir()} == {
        path.name: text for path, text in pages.items()
    }, "stale pages: run `make docs`"


def test_every_page_answers_every_question() -> None:
    for definition in registry.definitions():
        text = reference.page(definition)
        for heading in ("Formula", "Inputs", "Parameters", "Edge cases", "Known weaknesses", "Example"):
            assert f"\n## {heading}\n" in text
        assert "None known." not in text, f"{definition.slug} must own up to edge cases and weaknesses"
        assert "`ERROR`:" not in text, f"{definition.slug} fails on the example"


def _section(text: str, heading: str) -> str:
    return text.split(f"\n## {heading}\n")[1].split("\n## ", maxsplit=1)[0].strip()


@pytest.mark.parametrize("definition", registry.definitions(), ids=lambda definition: definition.slug)
def test_every_page_says_something_of_its_own(definition: MetricDefinition) -> None:
    text = reference.page(definition)
    for heading in ("Formula", "Inputs", "Parameters", "Edge cases", "Known weaknesses", "Example"):
        said = re.findall(r"\w+", _section(text, heading))
        assert len(said) > 4, f"{definition.slug}: {heading} is an empty phrase"
    if definition.family == "judged":
        assert set(definition.weaknesses) - {JUDGE_WEAKNESS}, f"{definition.slug} has no weakness of its own"
    assert len(definition.description.split()) > 4, f"{definition.slug} does not say what it measures"


def test_a_judged_page_has_the_words_of_the_rubric() -> None:
    for definition in registry.definitions():
        if isinstance(definition.calculation, Judgement):
            text, asked = reference.page(definition), definition.calculation
            meanings = [option.description for option in asked.options]
            meanings += [label.description or "" for label in asked.scale_labels]
            meanings += [label for label in (asked.prompt, asked.true_label, asked.false_label) if label]
            assert all(meaning in text for meaning in meanings), definition.slug


def test_a_check_of_what_is_measured_has_its_verdict_on_the_example_call() -> None:
    example = _section(reference.page(registry.get("redundant_question_count_check")), "Example")
    assert "| True |" in example
    assert "redundant_question_count" in example


def test_the_command_writes_checks_and_names_what_is_stale(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["reference", str(tmp_path), "--check"])
    with pytest.raises(SystemExit, match="turn_count"):
        reference.main()
    assert list(tmp_path.iterdir()) == []

    monkeypatch.setattr("sys.argv", ["reference", str(tmp_path)])
    reference.main()
    (tmp_path / "turn_count.md").write_text("old")

    monkeypatch.setattr("sys.argv", ["reference", str(tmp_path), "--check"])
    with pytest.raises(SystemExit) as stale:
        reference.main()
    assert stale.value.code == f"Stale: {tmp_path / 'turn_count.md'}"
    assert capsys.readouterr().out == ""
