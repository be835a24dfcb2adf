"""Sign-in sessions in a signed cookie, and the tokens that prove a form came from one of our pages."""

import base64
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

LIFETIME = timedelta(hours=12)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Who signed in, and until when. The key itself is not in it: only its id."""

    key_id: UUID
    expires_at: datetime


class SessionSigner:
    """Signs sessions and form tokens with keys derived from the installation's signing secret.

    Each purpose has a key of its own, so that what is signed for one cannot be used for another.
    """

    def __init__(self, secret: bytes) -> None:
        if not secret:
            raise ValueError("an empty secret signs nothing")
        self._session_key = hmac.digest(secret, b"callscope/web/session", hashlib.sha256)
        self._form_key = hmac.digest(secret, b"callscope/web/form", hashlib.sha256)

    def seal(self, session: Session) -> str:
        """Return the session as a cookie value."""
        content = {"key": str(session.key_id), "expires": session.expires_at.timestamp()}
        payload = _encode(json.dumps(content, separators=(",", ":")).encode())
        return f"{payload}.{self._sign(self._session_key, payload)}"

    def open(self, cookie: str | None, *, now: datetime) -> Session | None:
        """Return the session in a cookie, None when it is absent, forged or over."""
        payload, separator, signature = (cookie or "").partition(".")
        if not separator or not self._matches(self._session_key, payload, signature):
            return None
        content = json.loads(_decode(payload))
        expires_at = datetime.fromtimestamp(content["expires"], tz=now.tzinfo)
        return Session(key_id=UUID(content["key"]), expires_at=expires_at) if now < expires_at else None

    def new_browser_id(self) -> str:
        """Return a fresh random value for the cookie that form tokens are bound to."""
        return secrets.token_urlsafe(24)

    def form_token(self, browser_id: str) -> str:
        """Return the token that forms of this browser carry."""
        return self._sign(self._form_key, browser_id)

    def is_form_token(self, token: str, *, browser_id: str | None) -> bool:
        """Tell whether `token` was handed to this browser by us."""
        return browser_id is not None and self._matches(self._form_key, browser_id, token)

    @staticmethod
    def _sign(key: bytes, text: str) -> str:
        return _encode(hmac.digest(key, text.encode(), hashlib.sha256))

    def _matches(self, key: bytes, text: str, signature: str) -> bool:
        return hmac.compare_digest(self._sign(key, text).encode(), signature.encode())


def _encode(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
