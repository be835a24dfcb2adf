"""Agreement beyond chance."""

import pytest

from callscope.metrics.judging.agreement import Comparison, Label, LabelKind, agrees, kappa


def compared(label: Label, said: float | bool | str | None) -> Comparison:
    return Comparison(
        call_name="a call",
        slug="metric",
        label=label,
        said=said,
        agrees=agrees(label, said),
        reason="",
        evidence_count=0,
    )


def test_kappa_is_agreement_beyond_chance() -> None:
    # Cohen's own kind of table: 20 both yes, 15 both no, 5 and 10 apart: observed 0.7, by chance 0.5.
    table = [(True, True)] * 20 + [(True, False)] * 5 + [(False, True)] * 10 + [(False, False)] * 15
    assert kappa([compared(label, said) for label, said in table]) == pytest.approx(0.4)


def test_a_judge_that_always_says_the_same_is_no_better_than_chance() -> None:
    assert kappa([compared(label, True) for label in (True, False, False)]) == 0


def test_no_answer_agrees_with_nothing() -> None:
    assert kappa([compared(label, None) for label in ("a", "b")]) == 0


def test_any_of_several_right_labels_is_right() -> None:
    assert kappa([compared(["a", "b"], "b"), compared("c", "c")]) == 1


def test_there_is_no_kappa_where_chance_agrees_fully() -> None:
    assert kappa([]) is None
    assert kappa([compared(True, True)] * 3) is None


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        (True, LabelKind.YES_OR_NO),
        ("Resolved", LabelKind.NAME),
        (["Resolved", "Abandoned"], LabelKind.NAME),
        (2, LabelKind.NUMBER),
        ([0, 3], LabelKind.NUMBER),
    ],
)
def test_a_label_is_of_one_kind(label: Label, kind: LabelKind) -> None:
    assert compared(label, None).kind is kind
