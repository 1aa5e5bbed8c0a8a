"""Accounts of an identity provider: the settings, what the service needs of a provider, and what can go wrong.

The provider is spoken to by `service.access.openid_connect`, which needs the packages of the extra `oidc`. It is
imported only when the settings name an issuer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Protocol
from urllib.parse import urlsplit

from service.access.account_sign_ins import SignInSecret
from service.access.sessions import Person
from service.config import PREFIX, Config
from service.errors import Invalid, Unauthenticated, Unavailable

PACKAGES = ("authlib", "joserfc", "requests")
THIS_MACHINE = ("localhost", "127.0.0.1", "::1")
ERROR_CODE = re.compile(r"[a-z_]{1,40}", re.ASCII)
DISCOVERY = "/.well-known/openid-configuration"


class AccountsMisconfigured(Invalid):
    """A setting for signing in with accounts is missing or cannot be right."""

    code = "accounts_misconfigured"


class AccountsNotInstalled(Invalid):
    """Signing in with accounts is set up, and the packages of the extra `oidc` are not installed."""

    code = "accounts_not_installed"


class AccountNotConfirmed(Unauthenticated):
    """The identity provider did not confirm the account, or what it sent is not meant for this sign-in.

    `reason` is for the log of the service: it has no token, no code and nothing about the person.
    """

    code = "account_not_confirmed"

    def __init__(self, detail: str, *, reason: str = "") -> None:
        """Create the error, for the person and for the operator."""
        super().__init__(detail)
        self.reason = reason


class AccountWithoutRole(Unauthenticated):
    """The account has no app role for which a credential was issued."""

    code = "account_without_role"


class ProviderUnavailable(Unavailable):
    """The identity provider does not answer, or its answer cannot be used.

    `reason` is for the log of the service.
    """

    code = "identity_provider_unavailable"

    def __init__(self, detail: str, *, reason: str = "") -> None:
        """Create the error, for the person and for the operator."""
        super().__init__(detail)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSettings:
    """What the service knows of the identity provider, and the provider of the service."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    roles_claim: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account that the identity provider has confirmed, and its app roles."""

    person: Person
    app_roles: tuple[str, ...]


class IdentityProvider(Protocol):
    """What signing in with accounts needs of an identity provider."""

    def address(self, secret: SignInSecret, *, return_address: str, asks_which: bool) -> str:
        """Return the address to send a person to, who comes back to `return_address`.

        With `asks_which`, the provider asks which account, also if the person has signed in with one there.

        Raises:
            ProviderUnavailable.
        """

    def account(self, secret: SignInSecret, *, code: str, return_address: str) -> Account:
        """Return the account that a person has come back with.

        Raises:
            AccountNotConfirmed, ProviderUnavailable.
        """


@dataclass(frozen=True, slots=True)
class Accounts:
    """Signing in with accounts, where it is set up. With `only`, people sign in in no other way."""

    provider: IdentityProvider
    only: bool


def open_accounts(config: Config) -> Accounts | None:
    """Return what signs people in with accounts; None if the settings name no identity provider. Nothing is sent yet.

    Raises:
        AccountsMisconfigured: a setting is missing, or the issuer cannot be one.
        AccountsNotInstalled: the packages of the extra are missing.
    """
    settings = account_settings(config)
    if settings is None:
        return None
    if any(find_spec(name) is None for name in PACKAGES):
        raise AccountsNotInstalled(
            f"{PREFIX}OIDC_ISSUER is set, and the packages for signing in with accounts are not installed. "
            "Run: pip install 'operation-record[oidc]'"
        )
    # The packages of the extra may be missing, and take half a second to import.
    from service.access.openid_connect import OpenIdProvider  # noqa: PLC0415

    return Accounts(OpenIdProvider(settings), config.oidc_only)


def account_settings(config: Config) -> AccountSettings | None:
    """Return the settings of the identity provider; None if there are none.

    Raises:
        AccountsMisconfigured: naming the variable, what was expected and what was found.
    """
    needed = {
        "OIDC_ISSUER": config.oidc_issuer,
        "OIDC_CLIENT_ID": config.oidc_client_id,
        "OIDC_CLIENT_SECRET": config.oidc_client_secret,
    }
    given = [PREFIX + name for name, value in needed.items() if value] + [f"{PREFIX}OIDC_ONLY"] * config.oidc_only
    missing = [PREFIX + name for name, value in needed.items() if not value]
    if not given:
        return None
    issuer, client_id, client_secret = needed.values()
    if issuer is None or client_id is None or client_secret is None:
        raise AccountsMisconfigured(
            f"Expected a value in {_listed(missing)}, which signing in with accounts needs; found none, although "
            f"{_listed(given)} {'is' if len(given) == 1 else 'are'} set."
        )
    _require_issuer(issuer)
    return AccountSettings(
        issuer=issuer, client_id=client_id, client_secret=client_secret, roles_claim=config.oidc_roles_claim
    )


def error_code(sent: object) -> str:
    """Return an error code that a provider has sent, for the log: only if it is one, and nothing else it may say."""
    return sent if isinstance(sent, str) and ERROR_CODE.fullmatch(sent) else "no error code"


def not_confirmed(reason: str) -> AccountNotConfirmed:
    """Return the error for an account that is not confirmed. The reason goes to the log alone."""
    return AccountNotConfirmed("The identity provider did not confirm the account.", reason=reason)


def is_safe_address(address: str, *, on_this_machine: bool) -> bool:
    """Return whether an address is one over HTTPS; `on_this_machine` also allows HTTP to this machine."""
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        return False
    if any(character.isspace() or not character.isprintable() for character in address) or parts.username:
        return False
    is_here = on_this_machine and parts.scheme == "http" and host in THIS_MACHINE
    return bool(host) and (parts.scheme == "https" or is_here)


def _listed(names: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _require_issuer(issuer: str) -> None:
    is_right = is_safe_address(issuer, on_this_machine=True) and not set("?#") & set(issuer)
    if not is_right or issuer.endswith(DISCOVERY):
        raise AccountsMisconfigured(
            f"Expected in {PREFIX}OIDC_ISSUER the issuer as the identity provider names it: an address that begins "
            f"with https://, such as https://accounts.example.org/forces, without ? or # and without {DISCOVERY}; "
            f"found {issuer!r}."
        )
