"""Words nobody said: Whisper fills silence and music with phrases it has read often; its own figures betray them.

The limits are those of its authors (Radford et al. 2022, arXiv:2212.04356, section 4.5), the last one made stricter:
text over likely silence must itself be likely.
"""

from dataclasses import dataclass

LEAST_LIKELIHOOD = -1.0
"""Mean log-likelihood of a token below which text is not believed."""
MOST_COMPRESSION = 2.4
"""Text that shrinks more than this when compressed repeats itself."""
LIKELY_SILENCE = 0.6
LEAST_LIKELIHOOD_OVER_SILENCE = -0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class WhisperFigures:
    """What Whisper says of a stretch of text besides the text."""

    mean_log_likelihood: float
    no_speech_probability: float
    compression_ratio: float

    @property
    def are_believable(self) -> bool:
        """Whether the text was likely said."""
        if self.mean_log_likelihood < LEAST_LIKELIHOOD or self.compression_ratio > MOST_COMPRESSION:
            return False
        is_speech = self.no_speech_probability <= LIKELY_SILENCE
        return is_speech or self.mean_log_likelihood > LEAST_LIKELIHOOD_OVER_SILENCE
