"""The blueprint of every resource: each route states who may call it, which is checked before anything is read.

It also gives a view the database and its caller, and the ways to answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from http import HTTPStatus
from time import monotonic
from typing import Any, TypeVar

import flask_smorest
import marshmallow as ma
import orjson
from flask import Request, Response, current_app, g, request
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import HTTPException

from service.access.credentials import Credential, CredentialMissing, Secret, prove, require_well_formed
from service.api.http.bodies import JSON
from service.api.http.errors import PROBLEM_JSON
from service.api.http.problem_schema import ProblemSchema
from service.errors import RecordError
from service.storage.db import Database
from service.wire.schemas import WrongFields

View = TypeVar("View", bound=Callable[..., Any])

DATABASE_EXTENSION = "oprecord_database"
SCHEME = "bearer "
EVENT_STREAM = "text/event-stream"
MAX_SECONDS_SINCE_PROOF = 1.0
REFUSED_CALLERS = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)


class QueryParser(FlaskParser):
    """Reads query parameters; an unknown or duplicate parameter is an error."""

    DEFAULT_UNKNOWN_BY_LOCATION: dict[str, str | None] = {
        **FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION,
        "query": ma.RAISE,
    }

    def load_querystring(self, req: Request, schema: ma.Schema) -> Any:
        """Return the query parameters.

        Raises:
            WrongFields: a parameter is duplicate.
        """
        for name, values in req.args.lists():
            if len(values) > 1:
                raise WrongFields(f"Duplicate parameter {name}: join its values with commas.", pointer=f"/{name}")
        return super().load_querystring(req, schema)


class NoQuery(ma.Schema):
    """No query parameters."""


class Blueprint(flask_smorest.Blueprint):
    """A flask-smorest blueprint whose routes state who may call them."""

    ARGUMENTS_PARSER = QueryParser()

    def requires(self, *roles: str, proved_by_view: bool = False) -> Callable[[View], View]:
        """Allow only credentials with these roles to call the view, which gets the credential from `caller()`.

        With `proved_by_view`, the view takes the `secret()` and proves it in the transaction of its own work. If the
        view refuses the request, the credential is proved first: an invalid one learns nothing else.
        """

        def decorate(view: View) -> View:
            @wraps(view)
            def checked(*args: Any, **kwargs: Any) -> Any:
                g.secret = _secret_of(request, roles)
                if not proved_by_view:
                    _prove_caller()
                    return view(*args, **kwargs)
                try:
                    return view(*args, **kwargs)
                except (RecordError, HTTPException):
                    prove(database(), g.secret)
                    raise

            responses = _problems(*REFUSED_CALLERS)
            document = self.doc(security=[{"credential": []}], responses=responses, **{"x-roles": list(roles)})
            documented = document(checked)
            documented.roles = roles
            return documented  # type: ignore[no-any-return]

        return decorate

    def query(self, schema: type[ma.Schema] = NoQuery) -> Callable[[View], View]:
        """Read the query parameters with this schema and pass them to the view as its first argument."""
        read = self.arguments(schema, location="query")

        def decorate(view: View) -> View:
            reading = read(view)
            defaults = None if schema().validate({}) else schema().load({})

            @wraps(reading)
            def called(*args: Any, **kwargs: Any) -> Any:
                if request.query_string or defaults is None:
                    return reading(*args, **kwargs)
                return view(dict(defaults), *args, **kwargs)

            return called  # type: ignore[return-value]

        return decorate

    def doc(self, **facts: Any) -> Callable[[Any], Any]:
        """Document a view. It stays the same function: flask-smorest would wrap it anew for each decorator."""
        documented = super().doc(**facts)

        def decorate(view: Any) -> Any:
            view._apidoc = documented(view)._apidoc  # noqa: SLF001 - where flask-smorest reads the documentation
            return view

        return decorate

    def takes(self, schema: Any, *, media: str = JSON, example: Any = None) -> Callable[[View], View]:
        """Document the body of a call."""
        content = {media: {"schema": schema} | ({} if example is None else {"example": example})}
        return self.doc(requestBody={"required": True, "content": content})

    def answers(self, answers: Mapping[int, Any], *, problems: tuple[int, ...] = ()) -> Callable[[View], View]:
        """Document the answers, as schemas (or {media type: schema}) by status, and the statuses of the problems."""
        responses = {str(status): _documented(status, schema) for status, schema in answers.items()}
        responses |= _problems(*problems, HTTPStatus.SERVICE_UNAVAILABLE)
        return self.doc(responses=responses)


class ProblemApi(flask_smorest.Api):
    """flask-smorest's API, which documents every error as problem+json."""

    ERROR_SCHEMA = ProblemSchema
    DEFAULT_ERROR_RESPONSE_NAME = None
    DEFAULT_RESPONSE_CONTENT_TYPE = PROBLEM_JSON


def database() -> Database:
    """Return the database of the app that answers this request."""
    found: Database = current_app.extensions[DATABASE_EXTENSION]
    return found


def caller() -> Credential:
    """Return the credential of this request. It was valid at most a second ago, however slowly the body arrived.

    Raises:
        CredentialRevoked, CredentialExpired: it has become invalid since the request began.
    """
    if monotonic() - g.proved_at > MAX_SECONDS_SINCE_PROOF:
        _prove_caller()
    credential: Credential = g.credential
    return credential


def secret() -> Secret:
    """Return the secret of this request, for a use case that proves it in the transaction of its own work."""
    found: Secret = g.secret
    return found


def answer(body: Any, status: int = HTTPStatus.OK) -> Response:
    """Return a JSON answer."""
    return Response(orjson.dumps(body), status=status, content_type=JSON)


def _prove_caller() -> None:
    g.credential = prove(database(), g.secret)
    g.proved_at = monotonic()


def _secret_of(call: Request, roles: tuple[str, ...]) -> Secret:
    """Return the bearer secret that came with a request, for a call that these roles may make.

    Raises:
        CredentialMissing, CredentialMalformed.
    """
    header = call.headers.get("Authorization", "")
    if not header.lower().startswith(SCHEME):
        raise CredentialMissing("Send the header Authorization: Bearer CREDENTIAL.")
    text = header[len(SCHEME) :].strip()
    require_well_formed(text)
    return Secret(text, roles)


def _problems(*statuses: int) -> dict[str, Any]:
    return {str(int(status)): _documented(status, {PROBLEM_JSON: ProblemSchema}) for status in statuses}


def _documented(status: int, schema: Any) -> dict[str, Any]:
    content = schema if isinstance(schema, dict) and all("/" in key for key in schema) else {JSON: schema}
    return {
        "description": HTTPStatus(status).phrase,
        "content": {media: {"schema": one} for media, one in content.items()},
    }
