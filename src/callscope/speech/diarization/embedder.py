"""What a speaker embedder must offer, whichever engine runs it."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from callscope.speech.channel_audio import Samples

Embeddings = npt.NDArray[np.float32]
"""float32 [windows, dimensions], each row of length 1: the nearer two rows, the likelier the same voice."""


class SpeakerEmbedder(Protocol):
    """Tells voices apart: the same voice gives near vectors, whatever it says."""

    window_ms: int
    """How much speech one vector is made of; shorter speech is taken too, and told apart less well."""
    version: str
    """Which weights run, for the record kept beside every result."""

    def embed(self, stretches: list[Samples]) -> Embeddings:
        """Return one vector per stretch of at most `window_ms`; a stretch must not be empty."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbedderUnavailable:
    """Why voices cannot be told apart here, and how to change that, in plain words."""

    reason: str
