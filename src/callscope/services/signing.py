"""Addresses that carry their own permission: signed, for one purpose and one thing, until a moment."""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import timedelta

from callscope.core.clock import Clock
from callscope.core.errors import PermissionMissing

PLAY_RECORDING = "recording.play"
UPLOAD_CHUNK = "chunk.upload"
UPLOAD_RECORDING = "recording.upload"


class SignatureInvalid(PermissionMissing):
    """The address was not made by us for this, was changed, or has expired."""

    code = "signature_invalid"


class Signer:
    """Signs and checks with keys derived from one secret: what is signed for one purpose is worthless for another."""

    def __init__(self, secret: bytes, clock: Clock) -> None:
        self._secret = secret
        self._clock = clock

    def sign(self, purpose: str, subject: str, *, expires_in: timedelta) -> Mapping[str, str]:
        """Return the query parameters that let whoever has them do `purpose` to `subject` until they expire."""
        expires = str(int((self._clock.now() + expires_in).timestamp()))
        return {"expires": expires, "signature": self._signature(purpose, subject, expires)}

    def check(self, purpose: str, subject: str, *, expires: str, signature: str) -> None:
        """Raise SignatureInvalid unless the parameters were signed by us for this and have not expired."""
        if not hmac.compare_digest(self._signature(purpose, subject, expires).encode(), signature.encode()):
            raise SignatureInvalid("This address is not valid. Ask for a fresh one where this one came from.")
        if self._clock.now().timestamp() >= int(expires):
            raise SignatureInvalid("This address has expired. Ask for a fresh one where this one came from.")

    def _signature(self, purpose: str, subject: str, expires: str) -> str:
        key = hmac.digest(self._secret, purpose.encode(), hashlib.sha256)
        return hmac.new(key, f"{subject}\n{expires}".encode(), hashlib.sha256).hexdigest()
