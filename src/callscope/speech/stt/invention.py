"""Words nobody said: Whisper fills silence and music with phrases it has read often; its own figures betray them.

Its authors leave text out over likely silence unless it is likely itself (Radford et al. 2022, arXiv:2212.04356,
section 4.5). What is made up over silence is a phrase of a few words, so few words must be likelier still. Faint speech
in noise is unlikely text too: unlikelihood alone leaves text out only when it is extreme, else the confidence tells.
"""

from dataclasses import dataclass

LEAST_LIKELIHOOD = -1.5
"""Mean log-likelihood of a token below which text is not believed."""
MOST_COMPRESSION = 2.4
"""Text that shrinks more than this when compressed repeats itself."""
LIKELY_SILENCE = 0.6
LEAST_LIKELIHOOD_OVER_SILENCE = -1.0
LEAST_LIKELIHOOD_OF_A_PHRASE = -0.5
PHRASE_WORDS = 5
"""Most words of a phrase that could stand for silence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WhisperFigures:
    """What Whisper says of a stretch of text besides the text."""

    mean_log_likelihood: float
    no_speech_probability: float
    compression_ratio: float
    word_count: int

    @property
    def are_believable(self) -> bool:
        """Whether the text was likely said."""
        if self.mean_log_likelihood < LEAST_LIKELIHOOD or self.compression_ratio > MOST_COMPRESSION:
            return False
        is_phrase = self.word_count <= PHRASE_WORDS
        needed = LEAST_LIKELIHOOD_OF_A_PHRASE if is_phrase else LEAST_LIKELIHOOD_OVER_SILENCE
        return self.no_speech_probability <= LIKELY_SILENCE or self.mean_log_likelihood > needed
