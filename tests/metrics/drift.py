"""What every metric says of the committed call, as one digest a metric.

`python -m tests.metrics.drift` writes the digests anew and refuses a changed digest whose version did not rise.
"""

import hashlib
import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from callscope.core.metric import CallFacts, MetricValue
from callscope.metrics import registry
from callscope.metrics.definition import MetricDefinition
from callscope.metrics.runner import compute

FIXTURES = Path(__file__).parent / "fixtures"
CALL = FIXTURES / "call.json"
SIGNATURES = FIXTURES / "signatures.json"
HOW_TO_UPDATE = "run `python -m tests.metrics.drift` and commit tests/metrics/fixtures/signatures.json"


@dataclass(frozen=True)
class Signature:
    version: int
    digest: str


def committed_call() -> CallFacts:
    return TypeAdapter(CallFacts).validate_json(CALL.read_bytes())


def committed_signatures() -> dict[str, Signature]:
    return TypeAdapter(dict[str, Signature]).validate_json(SIGNATURES.read_bytes())


def signature(definition: MetricDefinition, facts: CallFacts) -> Signature:
    """Digest every number and offset; words may be reworded without another version."""
    told = [_told(value) for value in compute(facts, (definition,))]
    canonical = json.dumps(told, sort_keys=True, separators=(",", ":"))
    return Signature(version=definition.version, digest=hashlib.sha256(canonical.encode()).hexdigest())


def drifted(before: dict[str, Signature], now: dict[str, Signature]) -> list[str]:
    """Return one sentence per metric whose numbers changed while its version did not rise."""
    return [
        f"{slug} gives other numbers: raise its version above {before[slug].version}, then {HOW_TO_UPDATE}"
        for slug in sorted(before.keys() & now.keys())
        if now[slug].digest != before[slug].digest and now[slug].version <= before[slug].version
    ]


def present_signatures() -> dict[str, Signature]:
    facts = committed_call()
    return {definition.slug: signature(definition, facts) for definition in registry.load(())}


def _told(value: MetricValue) -> dict[str, Any]:
    return {
        "role": value.role,
        "context": value.context,
        "state": value.state,
        "value": _rounded(value.value),
        "segments": [[one.role, one.start_offset_ms, one.end_offset_ms] for one in value.segments],
        "evidence": [[span.role, span.start_offset_ms, span.end_offset_ms] for span in value.evidence],
        "statistics": {name: _rounded(figure) for name, figure in value.statistics.items()},
        "parameters": dict(value.parameters),
    }


def _rounded(figure: float | bool | str | None) -> float | bool | str | None:
    return round(figure, 9) if isinstance(figure, float) else figure


def main() -> None:
    now = present_signatures()
    faults = drifted(committed_signatures() if SIGNATURES.exists() else {}, now)
    if faults:
        sys.exit("\n".join(faults))
    SIGNATURES.write_text(
        json.dumps({slug: asdict(each) for slug, each in now.items()}, indent=2, sort_keys=True) + "\n"
    )


if __name__ == "__main__":
    main()
