"""Every threshold between samples and turns, in one place; stored with each result."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechParameters:
    """How speech segments are found in one channel. Reasons stand where each is used."""

    onset_probability: float = 0.4
    release_probability: float = 0.15
    evidence_windows: int = 3
    doubtful_probability: float = 0.2
    doubtful_release_probability: float = 0.08
    doubtful_speech_ms: int = 250
    broad_speech_ms: int = 120
    edge_reach_ms: int = 250
    min_speech_ms: int = 100
    merge_gap_ms: int = 200
    bridge_gap_ms: int = 500
    hidden_depth_db: float = 25.0
    network_lag_ms: int = 80
    candidate_score: float = 8.0
    candidate_depth_db: float = 36.0
    active_score: float = 18.0
    sustained_score: float = 8.0
    quietest_noise_db: float = -84.0
    bleed_margin_db: float = 6.0
    bleed_floor_db: float = -45.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnParameters:
    """How segments become turns; the words are those of the reference page on turns."""

    backchannel_max_ms: int = 1000
    backchannel_resume_ms: int = 1000
    floor_pause_ms: int = 400
    interruption_overlap_ms: int = 200
    yield_limit_ms: int = 2000


DEFAULT_SPEECH = SpeechParameters()
DEFAULT_TURNS = TurnParameters()


def as_record(parameters: SpeechParameters | TurnParameters) -> Mapping[str, float | int | str]:
    """Return `parameters` as the plain mapping that is stored."""
    return asdict(parameters)
