"""Tokens of LiveKit's agents: JSON Web Tokens signed by HMAC-SHA256 with the secret of a key pair."""

import base64
import binascii
import hashlib
import hmac
from datetime import datetime

from callscope.integrations.fields import Message, flag, json_object, number, part, text

LEEWAY_S = 60.0
PART_COUNT = 3


def is_good(token: str, *, api_key: str, secret: str, at: datetime) -> bool:
    """Tell whether a token was signed with that key pair, may write observability data, and is in its time."""
    parts = token.split(".")
    if len(parts) != PART_COUNT:
        return False
    header, claims = _decoded_object(parts[0]), _decoded_object(parts[1])
    if header is None or claims is None or text(header, "alg") != "HS256":
        return False
    wanted = hmac.digest(secret.encode(), f"{parts[0]}.{parts[1]}".encode(), hashlib.sha256)
    is_signed = hmac.compare_digest(wanted, _decoded(parts[2]) or b"")
    return is_signed and _is_allowed(claims, api_key, at.timestamp())


def _is_allowed(claims: Message, api_key: str, now_s: float) -> bool:
    expires_s, begins_s = number(claims, "exp"), number(claims, "nbf") or 0.0
    return (
        text(claims, "iss") == api_key
        and expires_s is not None
        and begins_s - LEEWAY_S <= now_s < expires_s + LEEWAY_S
        and flag(part(claims, "observability"), "write") is True
    )


def _decoded_object(encoded: str) -> Message | None:
    content = _decoded(encoded)
    return None if content is None else json_object(content.decode(errors="replace"))


def _decoded(encoded: str) -> bytes | None:
    try:
        return base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
    except (binascii.Error, ValueError):
        return None
