"""The tokens that prove a form came from one of our pages."""

import base64
import hashlib
import hmac
import secrets


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
        """Return the token that forms of this browser carry."""
        digest = hmac.digest(self._key, browser_id.encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    def is_form_token(self, token: str, *, browser_id: str | None) -> bool:
        """Tell whether `token` was handed to this browser by us."""
        return browser_id is not None and hmac.compare_digest(self.form_token(browser_id).encode(), token.encode())
