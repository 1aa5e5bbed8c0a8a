"""An identity provider in its own process, which can be told to issue the wrong token.

It is oidc-provider-mock, which checks neither PKCE nor the client's secret: both are checked here. Run with the port.
`PUT /told` takes what to do differently from then on.
"""

import base64
import hashlib
import hmac
import json
import sys
from urllib.parse import parse_qs, urlsplit

import flask
import oidc_provider_mock
from joserfc import jws
from joserfc.jwk import KeySet, RSAKey

CLIENT_ID, CLIENT_SECRET = "oprecord-of-surrey", "a-secret-of-the-client"
TOKEN, AUTHORIZE, KEYS, METADATA = "/oauth2/token", "/oauth2/authorize", "/jwks", "/.well-known/openid-configuration"
HASHES = {"HS256": "sha256", "HS512": "sha512"}
ISSUED = {name: RSAKey.generate_key(2048, {"kid": name, "use": "sig"}) for name in ("first", "second")}
FORGED = RSAKey.generate_key(2048, {"kid": "first", "use": "sig"})

told: dict = {}
challenges: dict[str, str] = {}
calls: list[str] = []
app = oidc_provider_mock.app()


@app.put("/told")
def tell():
    told.clear()
    told.update(flask.request.json)
    calls.clear()
    return {}


@app.get("/calls")
def show_calls():
    return flask.jsonify(calls)


@app.before_request
def check_token_request():
    calls.append(flask.request.path)
    if flask.request.path != TOKEN:
        return None
    if "token_status" in told:
        return "<h1>Bad gateway</h1>", told["token_status"], {"Location": "/elsewhere"}
    if "token_error" in told:
        return told["token_error"], 400
    sent = flask.request.authorization
    form = flask.request.form
    client = (sent.username, sent.password) if sent else (form.get("client_id"), form.get("client_secret"))
    if client != (CLIENT_ID, CLIENT_SECRET):
        return {"error": "invalid_client"}, 401
    hashed = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
    if part(hashed) != challenges.get(form.get("code", "")):
        return {"error": "invalid_grant", "error_description": "PKCE verification failed"}, 400
    return None


@app.after_request
def change_answer(answer):
    path = flask.request.path
    if path == AUTHORIZE and answer.location:
        assert flask.request.args["code_challenge_method"] == "S256"
        code = parse_qs(urlsplit(answer.location).query).get("code", [""])[0]
        challenges[code] = flask.request.args["code_challenge"]
    elif path == KEYS:
        names = ("first", "second") if told.get("key") == "second" else ("first",)
        answer.set_data(json.dumps(KeySet([ISSUED[name] for name in names]).as_dict(private=False)))
    elif path == METADATA:
        answer.set_data(json.dumps(answer.json | told.get("metadata", {})))
    elif path == TOKEN and answer.status_code == 200:
        answer.set_data(json.dumps(answer.json | {"id_token": signed(answer.json["id_token"])}))
    return answer


def signed(token: str) -> str:
    if "id_token" in told:
        return told["id_token"]
    payload = token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    claims = {name: value for name, value in (claims | told.get("claims", {})).items() if value is not None}
    algorithm, name = told.get("algorithm", "RS256"), told.get("key", "first")
    header = {"alg": algorithm, "typ": "JWT", "kid": "second" if name == "second" else "first"}
    if algorithm in HASHES:
        # By hand, because the library refuses to misuse a public key as a shared secret.
        secret = CLIENT_SECRET.encode() if name == "client_secret" else ISSUED["first"].as_pem(private=False)
        text = f"{part(json.dumps(header).encode())}.{part(json.dumps(claims).encode())}"
        return f"{text}.{part(hmac.digest(secret, text.encode(), HASHES[algorithm]))}"
    if algorithm == "none":
        return f"{part(json.dumps(header).encode())}.{part(json.dumps(claims).encode())}."
    key = FORGED if name == "forged" else ISSUED[name]
    return jws.serialize_compact(header, json.dumps(claims).encode(), key, algorithms=[algorithm])


def part(content: bytes) -> str:
    """Return a part of a token."""
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


if __name__ == "__main__":
    app.run(host="localhost", port=int(sys.argv[1]), threaded=True, debug=False)
