"""The tokens that prove a form came from one of our pages."""

import base64
import hashlib
import hmac
import secrets

DIGEST_BYTES = hashlib.sha256().digest_size


class FormSigner:
    """Signs form tokens with a key derived from the installation's signing secret."""

    def __init__(self, secret: bytes) -> None:
        if not secret:
            raise ValueError("an empty secret signs nothing")
        self._key = hmac.digest(secret, b"callscope/web/form", hashlib.sha256)

    def new_browser_id(self) -> str:
        """Return a fresh random value for the cookie that form tokens are bound to."""
        return secrets.token_urlsafe(24)

    def form_token(self, browser_id: str) -> str:
        """Return a token for forms of this browser: another text each time, all of them good.

        Pages are compressed, and the length of what is compressed tells what repeats. A text that never repeats tells
        nothing about the next one.
        """
        mask = secrets.token_bytes(DIGEST_BYTES)
        return base64.urlsafe_b64encode(mask + _masked(self._digest(browser_id), mask)).decode()

    def is_form_token(self, token: str, *, browser_id: str | None) -> bool:
        """Tell whether `token` was handed to this browser by us."""
        try:
            mask_and_masked = base64.urlsafe_b64decode(token.encode())
        except ValueError:
            return False
        if browser_id is None or len(mask_and_masked) != 2 * DIGEST_BYTES:
            return False
        mask, masked = mask_and_masked[:DIGEST_BYTES], mask_and_masked[DIGEST_BYTES:]
        return hmac.compare_digest(self._digest(browser_id), _masked(masked, mask))

    def _digest(self, browser_id: str) -> bytes:
        return hmac.digest(self._key, browser_id.encode(), hashlib.sha256)


def _masked(content: bytes, mask: bytes) -> bytes:
    return bytes(one ^ other for one, other in zip(content, mask, strict=True))
