from pathlib import Path

import pytest

from callscope.metrics import reference, registry

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
