"""An identity provider that is spoken to by OpenID Connect, with Authlib: code flow with PKCE.

Only this module imports the packages of the extra `oidc`, and only `service.access.accounts` imports it.

Source: OpenID Connect Core 1.0, sections 3.1.2 and 3.1.3.7; RFC 7636 (PKCE); OpenID Connect Discovery 1.0, section 4.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any

from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry
from requests import RequestException

from service.access.account_sign_ins import SignInSecret
from service.access.accounts import (
    DISCOVERY,
    Account,
    AccountSettings,
    ProviderUnavailable,
    error_code,
    is_safe_address,
    not_confirmed,
)
from service.access.credentials import MOST_CHARACTERS_OF_AN_APP_ROLE
from service.access.sessions import Person

# With a symmetric algorithm, whoever has the client secret could sign; with `none`, anybody.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"]
KEY_TYPES = ("RSA", "EC", "OKP")
SCOPE = "openid profile"
CONNECT_SECONDS, READ_SECONDS = 3, 5
SECONDS_BETWEEN_READINGS = 3_600
MOST_SECONDS_OF_SKEW = 60
MOST_CHARACTERS_OF_A_NAME, MOST_CHARACTERS_OF_A_SUBJECT = 100, 255
MOST_APP_ROLES = 500
# Whatever a provider sends that is no token at all makes the libraries raise one of these.
NOT_A_TOKEN = (JoseError, ValueError, KeyError, TypeError, AttributeError)


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a provider states about itself, its keys, and when this was read."""

    authorization_endpoint: str
    token_endpoint: str
    token_endpoint_auth_method: str
    jwks_uri: str
    keys: KeySet
    read_at: float


class OpenIdProvider:
    """The provider that the settings name. What it states about itself is read at first use, and then each hour."""

    def __init__(self, settings: AccountSettings) -> None:
        self.settings = settings
        self._metadata: Metadata | None = None

    def address(self, secret: SignInSecret, *, return_address: str, asks_which: bool) -> str:
        """Return the address to send a person to, who comes back to `return_address`.

        With `asks_which`, the provider asks which account, also if the person has signed in with one there.

        Raises:
            ProviderUnavailable.
        """
        asked = {"prompt": "select_account"} if asks_which else {}
        with self._session(code_challenge_method="S256") as session:
            address, _state = session.create_authorization_url(
                self._read_metadata().authorization_endpoint,
                state=secret.state,
                code_verifier=secret.verifier,
                nonce=secret.nonce,
                redirect_uri=return_address,
                **asked,
            )
        return str(address)

    def account(self, secret: SignInSecret, *, code: str, return_address: str) -> Account:
        """Return the account that a person has come back with.

        Raises:
            AccountNotConfirmed, ProviderUnavailable.
        """
        metadata = self._read_metadata()
        with self._session(token_endpoint_auth_method=metadata.token_endpoint_auth_method) as session:
            try:
                token = session.fetch_token(
                    metadata.token_endpoint,
                    grant_type="authorization_code",
                    code=code,
                    redirect_uri=return_address,
                    code_verifier=secret.verifier,
                    allow_redirects=False,
                )
            except OAuthError as error:
                raise not_confirmed(f"the token endpoint refused the code: {error_code(error.error)}") from None
            except (RequestException, ValueError) as error:
                raise _unavailable(f"the token endpoint failed: {type(error).__name__}") from None
        return _account(self._claims(metadata, token, secret.nonce), self.settings.roles_claim)

    def _claims(self, metadata: Metadata, token: Mapping[str, Any], nonce: str) -> Mapping[str, Any]:
        """Return the claims of the ID token, if it was issued by this provider to this service for this sign-in."""
        sent = token.get("id_token")
        if not isinstance(sent, str):
            raise not_confirmed("the token endpoint sent no ID token")
        try:
            try:
                decoded = _decoded(sent, metadata.keys)
            except InvalidKeyIdError:
                # The provider signs with a new key.
                decoded = _decoded(sent, self._read_metadata(again=True).keys)
            claims = CodeIDToken(
                decoded.claims,
                decoded.header,
                # Without the audience here, Authlib accepts tokens for other services.
                {
                    "iss": {"essential": True, "value": self.settings.issuer},
                    "aud": {"essential": True, "value": self.settings.client_id},
                    "sub": {"essential": True},
                    "exp": {"essential": True},
                },
                {"nonce": nonce, "client_id": self.settings.client_id, "access_token": token.get("access_token")},
            )
            claims.validate(leeway=MOST_SECONDS_OF_SKEW)
        except NOT_A_TOKEN as error:
            raise not_confirmed(f"the ID token is wrong: {_reason(error)}") from None
        return dict(claims)

    def _read_metadata(self, *, again: bool = False) -> Metadata:
        known = self._metadata
        if known is None or again or monotonic() - known.read_at > SECONDS_BETWEEN_READINGS:
            known = self._metadata = self._fetched_metadata()
        return known

    def _fetched_metadata(self) -> Metadata:
        issuer = self.settings.issuer
        found = self._get(issuer.rstrip("/") + DISCOVERY)
        if found.get("issuer") != issuer:
            raise _unavailable(f"expected the issuer {issuer!r} in its metadata; found {found.get('issuer')!r}")
        names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        endpoints = {name: str(found.get(name, "")) for name in names}
        for name, address in endpoints.items():
            if not is_safe_address(address, on_this_machine=issuer.startswith("http:")):
                raise _unavailable(f"expected an address over HTTPS as {name} in its metadata; found {address!r}")
        methods = found.get("token_endpoint_auth_methods_supported")
        posts = isinstance(methods, list) and "client_secret_post" in methods and "client_secret_basic" not in methods
        return Metadata(
            **endpoints,
            token_endpoint_auth_method="client_secret_post" if posts else "client_secret_basic",
            keys=_keys(self._get(endpoints["jwks_uri"])),
            read_at=monotonic(),
        )

    def _get(self, address: str) -> dict[str, Any]:
        try:
            with self._session() as session:
                answer = session.request("GET", address, withhold_token=True, allow_redirects=False)
                answer.raise_for_status()
                found = answer.json()
        except (RequestException, ValueError) as error:
            raise _unavailable(f"{address} cannot be read: {type(error).__name__}") from None
        if not isinstance(found, dict):
            raise _unavailable(f"{address} is no JSON object")
        return found

    def _session(self, **options: Any) -> Any:
        return OAuth2Session(
            self.settings.client_id,
            self.settings.client_secret,
            scope=SCOPE,
            default_timeout=(CONNECT_SECONDS, READ_SECONDS),
            **options,
        )


def _unavailable(reason: str) -> ProviderUnavailable:
    return ProviderUnavailable("The identity provider cannot be used at the moment.", reason=reason)


def _decoded(sent: str, keys: KeySet) -> jwt.Token:
    registry = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
    return jwt.decode(sent, keys, registry=registry)


def _keys(found: Mapping[str, Any]) -> KeySet:
    sent = found.get("keys")
    listed = sent if isinstance(sent, list) else []
    usable = [one for one in listed if isinstance(one, dict) and one.get("kty") in KEY_TYPES]
    try:
        return KeySet.import_key_set({"keys": usable})
    except NOT_A_TOKEN as error:
        raise _unavailable(f"its keys cannot be read: {_reason(error)}") from None


def _reason(error: Exception) -> str:
    """Return which rule a token breaks; the libraries' descriptions name a claim, never its value."""
    return f"{error.error} {error.description or ''}".strip() if isinstance(error, JoseError) else type(error).__name__


def _account(claims: Mapping[str, Any], roles_claim: str) -> Account:
    subject, roles = claims["sub"], claims.get(roles_claim)
    if not isinstance(subject, str) or not 0 < len(subject) <= MOST_CHARACTERS_OF_A_SUBJECT:
        raise not_confirmed("the ID token is wrong: its subject is no text of 1 to 255 characters")
    sent = [roles] if isinstance(roles, str) else roles if isinstance(roles, list) else []
    usable = [one for one in sent if isinstance(one, str) and len(one) <= MOST_CHARACTERS_OF_AN_APP_ROLE]
    person = Person(subject=subject, shown_name=_shown_name(claims))
    return Account(person=person, app_roles=tuple(dict.fromkeys(usable))[:MOST_APP_ROLES])


def _shown_name(claims: Mapping[str, Any]) -> str | None:
    sent = next((one for one in map(claims.get, ("name", "preferred_username")) if isinstance(one, str)), "")
    printable = "".join(one if one.isprintable() else " " for one in sent)
    return " ".join(printable.split())[:MOST_CHARACTERS_OF_A_NAME] or None
