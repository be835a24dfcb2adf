"""The reference pages of the catalogue, written from the definitions and the example call.

`python -m callscope.metrics.reference DIRECTORY` writes them; `--check` names the stale ones and exits with status 1.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from callscope.core.metric import Direction, MetricInput, MetricValue, ValueState
from callscope.metrics import reference_calculations as calculations
from callscope.metrics import registry
from callscope.metrics.definition import MetricDefinition
from callscope.metrics.example import EXAMPLE

GENERATED_NOTE = "<!-- Generated from the metric's definition by `make docs`. Edit the definition, not this page. -->"

_DIRECTIONS = {
    Direction.HIGHER_IS_BETTER: "more is better",
    Direction.LOWER_IS_BETTER: "less is better",
    Direction.NEUTRAL: "neither more nor less is better",
}

_INPUTS = {
    MetricInput.DURATION: "the length of the call",
    MetricInput.CHANNEL_AUDIO: "an analysed recording",
    MetricInput.TURNS: "who spoke when: separated channels, a transcript with times, or two voices told apart",
    MetricInput.OVERLAP: "who spoke when and at once: separated channels, or a transcript's own times",
    MetricInput.WORDS: "a transcript",
    MetricInput.TWO_TRANSCRIPTS: "a transcript that came with the call, and the words recognised in its recording",
    MetricInput.TOOLS: "tool invocations",
    MetricInput.SPANS: "a linked trace",
    MetricInput.JUDGE: "a configured judge",
    MetricInput.VALUES: "the values of other metrics",
}


def pages(directory: Path) -> dict[Path, str]:
    """Return the text of every page below `directory`: one per metric, the list, and the example call."""
    catalogue = registry.definitions()
    texts = {directory / f"{definition.slug}.md": page(definition) for definition in catalogue}
    return texts | {directory / "README.md": index(catalogue), directory / "example-call.md": example_call()}


def index(catalogue: Sequence[MetricDefinition]) -> str:
    """Return the list of all metrics, by family."""
    rows = [GENERATED_NOTE, "", "# Metrics", "", _INTRODUCTION]
    for family in dict.fromkeys(definition.family for definition in catalogue):
        rows += ["", f"## {family.replace('_', ' ').capitalize()}", "", "| metric | unit | what it measures |"]
        rows += ["| --- | --- | --- |"]
        rows += [
            f"| [`{definition.slug}`]({definition.slug}.md) | {definition.unit_symbol} | {definition.description} |"
            for definition in catalogue
            if definition.family == family
        ]
    return "\n".join(rows) + "\n"


def page(definition: MetricDefinition) -> str:
    """Return the page of one metric."""
    rows = [GENERATED_NOTE, "", f"# {definition.name}", "", definition.description, "", *_properties(definition)]
    rows += ["", "## Formula", "", definition.formula]
    if meanings := tuple(calculations.answers(definition.calculation)):
        rows += ["", *_bullets(meanings)]
    rows += ["", "## Inputs", "", *_inputs(definition)]
    rows += ["", "## Parameters", "", *_parameters(definition)]
    rows += ["", "## Edge cases", "", *_bullets(definition.edge_cases or ("None known.",))]
    rows += ["", "## Known weaknesses", "", *_bullets(definition.weaknesses or ("None known.",))]
    rows += ["", "## Example", "", "What it says of the [example call](example-call.md):", "", *_example(definition)]
    return "\n".join(rows) + "\n"


def example_call() -> str:
    """Return the page that shows the call all examples are computed on."""
    rows = [GENERATED_NOTE, "", "# The example call", ""]
    rows += [f"A made-up call of {EXAMPLE.duration_ms} ms on two channels. The examples of all metrics are computed on"]
    rows += ["it when the pages are made, so they cannot differ from what the program does.", ""]
    rows += ["| party | start ms | end ms | words |", "| --- | --- | --- | --- |"]
    rows += [
        f"| {entry.role} | {entry.start_offset_ms} | {entry.end_offset_ms} | {entry.text} |"
        for entry in EXAMPLE.transcript
    ]
    if EXAMPLE.conversation is not None:
        rows += ["", "Heard on the channels:", "", "| party | kind | speech, start to end ms |", "| --- | --- | --- |"]
        for turn in EXAMPLE.conversation.turns:
            heard = ", ".join(f"{segment.start_offset_ms} to {segment.end_offset_ms}" for segment in turn.segments)
            rows.append(f"| {turn.role} | {turn.kind} | {heard} |")
    rows += ["", "| tool | start ms | end ms | result |", "| --- | --- | --- | --- |"]
    rows += [
        f"| {tool.name} | {tool.start_offset_ms} | {tool.end_offset_ms or 'not reported'} | {tool.result or 'none'} |"
        for tool in EXAMPLE.tools
    ]
    rows += ["", "A trace is linked to it, and it was transcribed besides: one word was recognised otherwise."]
    return "\n".join(rows) + "\n"


def _properties(definition: MetricDefinition) -> Iterator[str]:
    yield "| property | value |"
    yield "| --- | --- |"
    yield f"| slug | `{definition.slug}` |"
    yield f"| version | {definition.version} |"
    yield f"| type | `{definition.value_type}` |"
    yield f"| unit | {_unit(definition)} |"
    yield f"| scope | `{definition.scope}` |"
    yield f"| contexts | {', '.join(f'`{context}`' for context in definition.contexts)} |"
    yield f"| direction | {_DIRECTIONS[definition.direction]} |"


def _inputs(definition: MetricDefinition) -> Iterator[str]:
    if definition.lacks is not None:
        yield f"Every value is `DATA_MISSING`. {definition.lacks}"
        return
    if definition.calculation is None:
        yield from _bullets(_INPUTS[needed] for needed in definition.inputs)
    else:
        yield from _bullets(tuple(calculations.inputs(definition.calculation)))
    yield ""
    yield calculations.without_inputs(definition.calculation)


def _parameters(definition: MetricDefinition) -> Iterator[str]:
    own = [(parameter.name, str(parameter.default), parameter.meaning) for parameter in definition.parameters]
    own += calculations.parameters(definition)
    if not own:
        yield "None of its own. The thresholds the turns were built with are stored beside each value."
        return
    yield "| parameter | default | meaning |"
    yield "| --- | --- | --- |"
    for name, default, meaning in own:
        yield f"| `{name}` | {default} | {meaning} |"


def _bullets(sentences: Iterator[str] | Sequence[str]) -> Iterator[str]:
    return (f"- {sentence}" for sentence in sentences)


def _example(definition: MetricDefinition) -> Iterator[str]:
    yield "| party | context | value | rests on |"
    yield "| --- | --- | --- | --- |"
    for value in calculations.example(definition, EXAMPLE):
        cells = (value.role or "", f"`{value.context}`", _shown(value, definition), _grounds(value))
        yield f"| {' | '.join(cells)} |"
    if labelled := tuple(calculations.labels(definition.slug)):
        yield ""
        yield "What people say of the calls that `callscope judge agreement` asks a judge about:"
        yield ""
        yield "| labelled call | right answer |"
        yield "| --- | --- |"
        yield from (f"| {call} | {answer} |" for call, answer in labelled)


def _unit(definition: MetricDefinition) -> str:
    if definition.unit is None:
        return "none"
    return f"{definition.unit.name} ({definition.unit.symbol})" if definition.unit.symbol else definition.unit.name


def _shown(value: MetricValue, definition: MetricDefinition) -> str:
    if value.state is not ValueState.SUCCESS:
        return f"`{value.state}`: {value.reason}"
    number = f"{value.value:.3f}" if isinstance(value.value, float) else str(value.value)
    return f"{number} {definition.unit_symbol}".rstrip()


def _grounds(value: MetricValue) -> str:
    figures = ", ".join(f"{name} {figure}" for name, figure in value.statistics.items() if figure is not None)
    spans = ", ".join(f"{span.start_offset_ms} to {span.end_offset_ms} ms" for span in value.evidence)
    return "; ".join(part for part in (figures, spans) if part)


_INTRODUCTION = """\
Every value is `SUCCESS`, `NOT_APPLICABLE`, `DATA_MISSING` or `ERROR`; a number stands beside `SUCCESS` alone, and every
other state says why. Beside a value stand its method, parameters, version, confidence, and the stretches of the call it
rests on. Confidence is 1.0 only for what is measured on separated channels (the length of the call needs no party);
what the sender reported and no recording confirms has 0.8, turns from a transcript what the transcript's times deserve.

Percentiles are interpolated linearly between neighbours: rank *p* times (*n* minus 1) of the sorted values, from 0 on,
the method of PostgreSQL's `percentile_cont`, in whole milliseconds. Rates carry `numerator` and `denominator`."""


def main() -> None:
    """Write the pages, or check them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path, help="where the pages are")
    parser.add_argument("--check", action="store_true", help="change nothing; fail when a page is stale")
    arguments = parser.parse_args()
    texts = pages(arguments.directory)
    stale = [path for path, text in texts.items() if not path.exists() or path.read_text() != text]
    if arguments.check and stale:
        sys.exit("Stale: " + ", ".join(str(path) for path in stale))
    for path in stale:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(texts[path])


if __name__ == "__main__":
    main()
