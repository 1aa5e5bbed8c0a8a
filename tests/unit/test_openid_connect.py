"""Keys and tokens of identity providers: what is read of their keys, and with which algorithms they may sign."""

import json
from functools import cache

import pytest
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, OctKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry, serialize_compact

from service.access.accounts import ProviderUnavailable
from service.access.openid_connect import ALGORITHMS, _decoded, _keys


@cache
def signing() -> dict[str, Key]:
    """Return a key of each kind that a provider signs with. Making them takes long, so it waits for the first test."""
    return {
        "rsa": RSAKey.generate_key(2048, {"kid": "rsa", "use": "sig"}),
        "ES256": ECKey.generate_key("P-256", {"kid": "ES256"}),
        "ES384": ECKey.generate_key("P-384", {"kid": "ES384"}),
        "ES512": ECKey.generate_key("P-521", {"kid": "ES512"}),
        "Ed25519": OKPKey.generate_key("Ed25519", {"kid": "Ed25519"}),
    }


@cache
def published() -> dict[str, object]:
    """Return the keys as Entra ID and Keycloak publish them: with members and keys that are of no use here."""
    keys = signing()
    encrypting = RSAKey.generate_key(2048, {"kid": "encrypting", "use": "enc", "alg": "RSA-OAEP"})
    return {
        "keys": [
            *(key.as_dict(private=False) for key in keys.values()),
            keys["rsa"].as_dict(private=False)
            | {"kid": "entra", "x5t": "a", "x5c": ["b"], "issuer": "https://a.example"},
            encrypting.as_dict(private=False),
            {"kty": "oct", "kid": "shared", "k": "AAAA"},
            {"kty": "unheard-of"},
            7,
        ]
    }


def signed(algorithm: str, name: str) -> str:
    registry = JWSRegistry(algorithms=[algorithm], strict_check_header=False)
    header = {"alg": algorithm, "kid": name, "typ": "JWT", "x5t": "a"}
    return serialize_compact(header, json.dumps({"sub": "a"}).encode(), signing()[name], registry=registry)


@pytest.mark.parametrize("algorithm", [one for one in ALGORITHMS if one != "EdDSA"])
def test_every_asymmetric_algorithm_is_accepted(algorithm: str):
    name = algorithm if algorithm in signing() else "rsa"
    assert _decoded(signed(algorithm, name), _keys(published())).claims == {"sub": "a"}


def test_no_symmetric_algorithm_is_among_them():
    assert not [one for one in ALGORITHMS if one == "none" or one.startswith("HS")]
    key = OctKey.import_key("a-secret-of-the-client-that-is-long")
    token = serialize_compact({"alg": "HS256"}, b"{}", key, algorithms=["HS256"])
    with pytest.raises(JoseError, match="unsupported_algorithm"):
        _decoded(token, _keys(published()))


def test_keys_that_are_of_no_use_are_left_out():
    assert [key.kid for key in _keys(published()).keys] == [*signing(), "entra", "encrypting"]


@pytest.mark.parametrize("unusable", [{}, {"keys": 7}, {"keys": []}, {"keys": [{"kty": "RSA"}]}], ids=str)
def test_a_provider_without_usable_keys_cannot_be_used(unusable: dict[str, object]):
    with pytest.raises(ProviderUnavailable) as refused:
        _keys(unusable)
    assert refused.value.reason.startswith("its keys cannot be read")
