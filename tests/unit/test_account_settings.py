"""The settings for signing in with accounts: what is missing or wrong is named in one sentence."""

import pytest

from service.access.accounts import AccountsMisconfigured, account_settings, error_code
from service.config import Config

GOOD = {
    "oidc_issuer": "https://accounts.example.org/forces",
    "oidc_client_id": "oprecord",
    "oidc_client_secret": "a-secret",
}


def refusal(**settings: object) -> str:
    with pytest.raises(AccountsMisconfigured) as refused:
        account_settings(Config(**settings))
    return refused.value.detail


def test_without_any_setting_nobody_signs_in_with_accounts():
    assert account_settings(Config()) is None
    assert account_settings(Config(oidc_roles_claim="groups")) is None


def test_three_settings_are_enough():
    found = account_settings(Config(**GOOD))
    assert found is not None
    assert (found.issuer, found.client_id, found.client_secret, found.roles_claim) == (*GOOD.values(), "roles")


@pytest.mark.parametrize(
    ("given", "missing", "found"),
    [
        (
            ("issuer", "client_id"),
            "OPRECORD_OIDC_CLIENT_SECRET",
            "OPRECORD_OIDC_ISSUER and OPRECORD_OIDC_CLIENT_ID are",
        ),
        (("client_secret",), "OPRECORD_OIDC_ISSUER and OPRECORD_OIDC_CLIENT_ID", "OPRECORD_OIDC_CLIENT_SECRET is"),
    ],
)
def test_a_missing_setting_is_named(given: tuple[str, ...], missing: str, found: str):
    said = refusal(**{f"oidc_{name}": GOOD[f"oidc_{name}"] for name in given})
    wanted = f"Expected a value in {missing}, which signing in with accounts needs; "
    assert said == f"{wanted}found none, although {found} set."


def test_turning_credentials_off_without_accounts_would_lock_everybody_out():
    missing = "OPRECORD_OIDC_ISSUER, OPRECORD_OIDC_CLIENT_ID and OPRECORD_OIDC_CLIENT_SECRET"
    said = refusal(oidc_only=True)
    assert said.startswith(f"Expected a value in {missing}, ")
    assert said.endswith("although OPRECORD_OIDC_ONLY is set.")


@pytest.mark.parametrize(
    "issuer",
    [
        "accounts.example.org",
        "http://accounts.example.org",
        "http://localhost.example.org",
        "https://",
        "https:///forces",
        "https://accounts.example.org/forces?tenant=1",
        "https://accounts.example.org/#forces",
        "https://name:word@accounts.example.org",
        "https://accounts.example.org/forces ",
        "https://[accounts",
        "file:///etc/passwd",
        "https://accounts.example.org/forces/.well-known/openid-configuration",
    ],
)
def test_an_issuer_that_cannot_be_one_is_named_with_what_is_expected(issuer: str):
    said = refusal(**GOOD | {"oidc_issuer": issuer})
    assert said.startswith("Expected in OPRECORD_OIDC_ISSUER the issuer as the identity provider names it: ")
    assert said.endswith(f"found {issuer!r}.")


@pytest.mark.parametrize("issuer", ["http://localhost:8080/realms/x", "http://127.0.0.1:9", "http://[::1]:9"])
def test_a_provider_on_this_machine_needs_no_https(issuer: str):
    assert account_settings(Config(**GOOD | {"oidc_issuer": issuer})) is not None


def test_no_text_of_the_settings_holds_the_secret():
    config = Config(**GOOD)
    assert "a-secret" not in repr(config)
    assert "a-secret" not in repr(account_settings(config))


@pytest.mark.parametrize("sent", [None, "", 7, "Robin is not assigned", "x" * 41, "a\nb", "é"])
def test_only_an_error_code_is_logged(sent: object):
    assert error_code(sent) == "no error code"


def test_an_error_code_is_logged():
    assert error_code("invalid_client") == "invalid_client"
