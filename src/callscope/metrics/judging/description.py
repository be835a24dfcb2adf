"""Title and summary of a call, written by the judge from what was said."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from callscope.metrics.judging import prompt
from callscope.metrics.judging.answer import AnswerRejected, Finding, Schema, findings_schema
from callscope.metrics.judging.dialogue import Dialogue, Manner, ask, findings_reader
from callscope.metrics.judging.material import Line
from callscope.metrics.judging.parts import neighbourhood, parts_of

LONGEST_TITLE = 80
LONGEST_SUMMARY = 1000
TASK = (
    "Write a title and a summary of the call for a list of many calls, in the language of the call. The title says in "
    f"at most ten words (at most {LONGEST_TITLE} characters) what the customer wanted. The summary says in two to four "
    f"sentences (at most {LONGEST_SUMMARY} characters) what was wanted, what was done, and what is still open. State "
    "nothing that was not said."
)
NOTE_TASK = "Name the lines of this part that a summary of the whole call must rest on, with the reason."

SCHEMA: Schema = {
    "type": "object",
    "properties": {"title": {"type": "string"}, "summary": {"type": "string"}},
    "required": ["title", "summary"],
    "additionalProperties": False,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What a call is called and what it was about."""

    title: str
    summary: str


def describe(lines: Sequence[Line], manner: Manner) -> Dialogue[Description]:
    """Return title and summary of a call. Raises AnswerRejected when the judge keeps answering something else."""
    shown = yield from _shown(lines, manner)
    return (yield from ask(_joined(TASK, SCHEMA, shown), SCHEMA, _read))


def _shown(lines: Sequence[Line], manner: Manner) -> Dialogue[str]:
    parts = parts_of(lines, manner.transcript_chars)
    if len(parts) == 1:
        return prompt.transcript(lines)
    findings: list[Finding] = []
    for number, part in enumerate(parts, start=1):
        task = f"The call is too long to be shown at once; this is part {number} of {len(parts)}. {NOTE_TASK}"
        text = _joined(task, findings_schema(), prompt.transcript(part))
        findings += yield from ask(text, findings_schema(), findings_reader(part))
    kept = neighbourhood(lines, {finding.line for finding in findings}, manner.transcript_chars)
    return prompt.excerpts(kept, findings, len(lines))


def _joined(task: str, schema: Schema, shown: str) -> str:
    return "\n\n".join([task, "JSON schema of your answer:\n" + json.dumps(schema, separators=(",", ":")), shown])


def _read(answer: Mapping[str, Any]) -> Description:
    title, summary = (_text(answer, name) for name in ("title", "summary"))
    if len(title) > LONGEST_TITLE or len(summary) > LONGEST_SUMMARY:
        raise AnswerRejected(
            f"The title has {len(title)} and the summary {len(summary)} characters; at most {LONGEST_TITLE} and "
            f"{LONGEST_SUMMARY} are allowed."
        )
    return Description(title=title, summary=summary)


def _text(answer: Mapping[str, Any], name: str) -> str:
    text = answer.get(name)
    if not isinstance(text, str) or not text.strip():
        raise AnswerRejected(f"`{name}` must be a text.")
    return " ".join(text.split())
