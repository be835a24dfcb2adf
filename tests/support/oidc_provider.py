"""A sign-in provider on loopback: it speaks OpenID Connect over HTTP and signs with a key of its own.

The browser's part, a person who signs in and is sent back, is `sign_in_as`.
"""

import base64
import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from tests.support.recording_server import RecordingServer, Reply, SeenRequest

CLIENT_ID, CLIENT_SECRET = "callscope: pages", "a secret/with signs&"
PERSON = {"sub": "248289761001", "email": "Ona@Example.com", "email_verified": True, "name": "Ona Ruiz"}


@cache
def published_key() -> RSAKey:
    """Return the key that every provider of a test run publishes: making one takes a while."""
    return RSAKey.generate_key(2048, {"kid": "1"})


@dataclass
class Grant:
    """What a person agreed to: the query of the authorization request, and the claims about them."""

    asked: dict[str, str]
    claims: dict[str, Any]


@dataclass
class OidcProvider:
    """Answers as a provider does. `changed_claims` go into every ID token over what belongs there, None leaves out.

    `told` is what the userinfo endpoint tells; `sign` makes the token, by default with the key that is published.
    """

    server: RecordingServer
    now: datetime
    changed_claims: dict[str, Any] = field(default_factory=dict)
    changed_document: dict[str, Any] = field(default_factory=dict)
    told: dict[str, Any] = field(default_factory=lambda: dict(PERSON))
    header: dict[str, Any] = field(default_factory=lambda: {"alg": "RS256", "kid": "1"})
    key: RSAKey = field(default_factory=published_key)
    signing_key: Any = None
    grants: dict[str, Grant] = field(default_factory=dict)
    redeemed: list[dict[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.server.serve("/.well-known/openid-configuration", lambda _: _json(self._document()))
        self.server.serve("/keys", lambda _: _json(KeySet([self.key]).as_dict(private=False)))
        self.server.serve("/token", self._redeem)
        self.server.serve("/userinfo", self._tell)

    @property
    def issuer(self) -> str:
        return self.server.url("")

    def sign_in_as(self, address: str, **claims: Any) -> str:
        """Return where the provider sends the browser that came to `address`, once its person has signed in."""
        parts = urlsplit(address)
        assert f"{parts.scheme}://{parts.netloc}{parts.path}" == self.server.url("/authorize")
        asked = dict(parse_qsl(parts.query))
        assert asked["client_id"] == CLIENT_ID
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        code = f"code-{len(self.grants)}"
        self.grants[code] = Grant(asked=asked, claims={**PERSON, **claims})
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def _document(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": self.server.url("/authorize"),
            "token_endpoint": self.server.url("/token"),
            "jwks_uri": self.server.url("/keys"),
            "userinfo_endpoint": self.server.url("/userinfo"),
            **self.changed_document,
        }

    def _redeem(self, request: SeenRequest) -> Reply:
        form = dict(parse_qsl(request.body.decode()))
        self.redeemed.append(form)
        grant = self.grants.pop(form.get("code", ""), None)
        if grant is None or not self._knows_client(request, form):
            return Reply(status=400, body=b'{"error": "invalid_grant"}')
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if challenge != grant.asked["code_challenge"] or form["redirect_uri"] != grant.asked["redirect_uri"]:
            return Reply(status=400, body=b'{"error": "invalid_grant"}')
        return _json({"access_token": "access", "token_type": "Bearer", "id_token": self._token(grant)})

    def _knows_client(self, request: SeenRequest, form: dict[str, str]) -> bool:
        if "client_secret" in form:
            return form["client_secret"] == CLIENT_SECRET
        pair = urlencode({CLIENT_ID: CLIENT_SECRET}).replace("=", ":", 1)
        return request.headers.get("authorization") == f"Basic {base64.b64encode(pair.encode()).decode()}"

    def _token(self, grant: Grant) -> str:
        issued_at = int(self.now.timestamp())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "iat": issued_at,
            "exp": issued_at + 300,
            "nonce": grant.asked["nonce"],
            **grant.claims,
            **self.changed_claims,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        if self.header["alg"] == "none":
            return f"{_part(self.header)}.{_part(claims)}."
        return jwt.encode(self.header, claims, self.signing_key or self.key, algorithms=[self.header["alg"]])

    def _tell(self, request: SeenRequest) -> Reply:
        if request.headers.get("authorization") != "Bearer access":
            return Reply(status=401)
        return _json(self.told)


def _json(document: object) -> Reply:
    return Reply(body=json.dumps(document).encode(), headers={"content-type": "application/json"})


def _part(document: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).rstrip(b"=").decode()
