"""Tokens as LiveKit's agents make them."""

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

from tests.support.api import NOW

API_KEY = "devkey"
SECRET = "a secret of at least 32 characters"


def token(*, secret: str = SECRET, **claims: Any) -> str:
    """Return a token that is good at `NOW`, but for what `secret` and `claims` say otherwise."""
    body = {
        "iss": API_KEY,
        "exp": (NOW + timedelta(hours=1)).timestamp(),
        "observability": {"write": True},
        **claims,
    }
    head, content = (
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in ({"alg": "HS256"}, body)
    )
    signature = hmac.digest(secret.encode(), head + b"." + content, hashlib.sha256)
    return b".".join((head, content, base64.urlsafe_b64encode(signature).rstrip(b"="))).decode()
