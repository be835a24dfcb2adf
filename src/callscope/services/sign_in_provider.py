"""The organisation's sign-in provider: OpenID Connect's authorization code flow with PKCE, state and nonce.

Nothing of an attempt is stored: state, nonce and verifier are derived from a secret of the server and a text that the
browser keeps in a cookie. Who comes back without that cookie, or with another state, began nothing here.
"""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jwt import JWTClaimsRegistry

from callscope.core.clock import Clock
from callscope.core.errors import CallscopeError
from callscope.core.sign_in import Identity, ProviderRules
from callscope.outbound.client import OutboundClient
from callscope.outbound.errors import FetchFailed
from callscope.services.accounts import EMAIL

DISCOVERY = "/.well-known/openid-configuration"
SCOPE = "openid email profile"
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
"""Those that need the provider's private key. `none` and those that share a secret with us prove nothing."""
ATTEMPT_LIFETIME_S = 600
CLOCK_LEEWAY_S = 60
TIMEOUT_S = 10.0
MAX_DOCUMENT_BYTES = 1024 * 1024
LONGEST_REASON = 200


class SignInFailed(CallscopeError):
    """The provider did not vouch for anybody, or not in a way that can be trusted."""

    code = "sign_in_failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Endpoints:
    authorization: str
    token: str
    keys: str
    userinfo: str | None
    takes_secret_in_body: bool


class SignInProvider:
    """Sends browsers to the provider and learns who came back. Its servers are asked through the guarded client.

    `secret` is the installation's signing secret.
    """

    def __init__(self, rules: ProviderRules, outbound: OutboundClient, clock: Clock, *, secret: bytes) -> None:
        self.rules = rules
        self._outbound = outbound
        self._clock = clock
        self._key = hmac.digest(secret, b"callscope/sign-in-provider", hashlib.sha256)

    def new_attempt(self) -> str:
        """Return the text that the browser keeps until it comes back."""
        return f"{int(self._clock.now().timestamp())}.{secrets.token_urlsafe(32)}"

    async def authorization_address(self, attempt: str, *, redirect_uri: str) -> str:
        """Return where the browser is sent. Raises SignInFailed when the provider cannot be asked how."""
        endpoints = await self._discover()
        challenge = hashlib.sha256(self._derive("verifier", attempt).encode()).digest()
        query = {
            "response_type": "code",
            "client_id": self.rules.client_id,
            "redirect_uri": redirect_uri,
            "scope": SCOPE,
            "state": self._derive("state", attempt),
            "nonce": self._derive("nonce", attempt),
            "code_challenge": _base64url(challenge),
            "code_challenge_method": "S256",
        }
        return f"{endpoints.authorization}{'&' if '?' in endpoints.authorization else '?'}{urlencode(query)}"

    async def identify(self, attempt: str | None, answer: Mapping[str, str], *, redirect_uri: str) -> Identity:
        """Return who came back with `answer`, the query of the address the provider sent them to.

        Raises SignInFailed for whoever began nothing here or took too long, and for a token that is not signed by the
        provider, is of another issuer, for another client or attempt, or has expired.
        """
        state = answer.get("state", "").encode()
        if attempt is None or not hmac.compare_digest(self._derive("state", attempt).encode(), state):
            raise SignInFailed("This sign-in was not begun in this browser. Begin again.")
        if self._clock.now().timestamp() - int(attempt.split(".")[0]) > ATTEMPT_LIFETIME_S:
            raise SignInFailed("This sign-in was begun too long ago. Begin again.")
        if "error" in answer:
            reason = answer.get("error_description") or answer["error"]
            raise SignInFailed(f"{self.rules.label} refused: {reason[:LONGEST_REASON]}")
        if answer.get("iss", self.rules.issuer) != self.rules.issuer or not answer.get("code"):
            raise SignInFailed("That did not come from the sign-in provider. Begin again.")
        endpoints = await self._discover()
        tokens = await self._redeem(endpoints, answer["code"], attempt, redirect_uri=redirect_uri)
        claims = await self._verified_claims(endpoints, tokens.get("id_token"), attempt)
        return await self._identity(endpoints, claims, tokens.get("access_token"))

    async def _discover(self) -> _Endpoints:
        document = await self._read(self.rules.issuer.rstrip("/") + DISCOVERY)
        if document.get("issuer") != self.rules.issuer:
            raise SignInFailed("The sign-in provider calls itself otherwise than CALLSCOPE_OIDC_ISSUER does.")
        methods = document.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        return _Endpoints(
            authorization=self._address(document, "authorization_endpoint"),
            token=self._address(document, "token_endpoint"),
            keys=self._address(document, "jwks_uri"),
            userinfo=self._address(document, "userinfo_endpoint") if "userinfo_endpoint" in document else None,
            takes_secret_in_body="client_secret_basic" not in methods and "client_secret_post" in methods,
        )

    def _address(self, document: Mapping[str, Any], name: str) -> str:
        address = document.get(name)
        if not isinstance(address, str) or urlsplit(address).scheme not in {
            "https",
            urlsplit(self.rules.issuer).scheme,
        }:
            raise SignInFailed(f"The sign-in provider names no `{name}` that can be used.")
        return address

    async def _redeem(self, endpoints: _Endpoints, code: str, attempt: str, *, redirect_uri: str) -> Mapping[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "client_id": self.rules.client_id,
            "code_verifier": self._derive("verifier", attempt),
        }
        headers = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
        secret = self.rules.client_secret
        if secret is not None and endpoints.takes_secret_in_body:
            form["client_secret"] = secret
        elif secret is not None:
            pair = urlencode({self.rules.client_id: secret}).replace("=", ":", 1)
            headers["authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        with _InOurWords():
            status, _, body = await self._outbound.exchange(
                endpoints.token,
                headers=headers,
                content=urlencode(form).encode(),
                timeout_s=TIMEOUT_S,
                max_bytes=MAX_DOCUMENT_BYTES,
            )
        return _object(body) if status == 200 else _refused(status)  # noqa: PLR2004 - OK

    async def _verified_claims(self, endpoints: _Endpoints, token: object, attempt: str) -> Mapping[str, Any]:
        keys = await self._read(endpoints.keys)
        registry = JWTClaimsRegistry(
            now=int(self._clock.now().timestamp()),
            leeway=CLOCK_LEEWAY_S,
            iss={"essential": True, "value": self.rules.issuer},
            aud={"essential": True, "value": self.rules.client_id},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": self._derive("nonce", attempt)},
        )
        try:
            claims = jwt.decode(str(token), KeySet.import_key_set({"keys": keys["keys"]}), algorithms=ALGORITHMS).claims
            registry.validate(claims)
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise SignInFailed("The sign-in provider's token cannot be trusted. Begin again.") from error
        if claims.get("azp", self.rules.client_id) != self.rules.client_id:
            raise SignInFailed("The sign-in provider's token is for somebody else. Begin again.")
        return claims

    async def _identity(self, endpoints: _Endpoints, claims: Mapping[str, Any], access_token: object) -> Identity:
        if "email" not in claims and endpoints.userinfo is not None and isinstance(access_token, str):
            told = await self._read(endpoints.userinfo, headers={"authorization": f"Bearer {access_token}"})
            claims = {**told, **claims} if told.get("sub") == claims["sub"] else claims
        email = claims.get("email")
        if not isinstance(email, str) or not EMAIL.fullmatch(email) or claims.get("email_verified") is not True:
            raise SignInFailed("The sign-in provider tells no verified e-mail address of you. Ask whoever runs it.")
        name = claims.get("name")
        return Identity(
            subject=f"{self.rules.issuer} {claims['sub']}",
            email=email.lower(),
            name=name if isinstance(name, str) and name.strip() else email,
        )

    async def _read(self, url: str, *, headers: Mapping[str, str] | None = None) -> Mapping[str, Any]:
        body = bytearray()
        with _InOurWords():
            async with self._outbound.download(
                url, max_bytes=MAX_DOCUMENT_BYTES, timeout_s=TIMEOUT_S, headers=headers
            ) as download:
                async for chunk in download.chunks:
                    body += chunk
        return _object(bytes(body))

    def _derive(self, purpose: str, attempt: str) -> str:
        return _base64url(hmac.digest(self._key, f"{purpose} {attempt}".encode(), hashlib.sha256))


class _InOurWords:
    """Says that it is the provider that cannot be asked."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, FetchFailed):
            raise SignInFailed(f"The sign-in provider cannot be asked: {error.message}") from error


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        document = json.loads(body)
    except ValueError as error:
        raise SignInFailed("The sign-in provider answered something that is not JSON.") from error
    if not isinstance(document, dict):
        raise SignInFailed("The sign-in provider answered JSON that is not an object.")
    return document


def _refused(status: int) -> Mapping[str, Any]:
    raise SignInFailed(f"The sign-in provider answered {status}. Check CALLSCOPE_OIDC_CLIENT_ID and its secret.")


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
