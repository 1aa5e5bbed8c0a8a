"""Forms that were sent after the session had ended: what was typed goes through the sign-in page, and is not lost."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from uuid import UUID

from flask import Response, current_app, request

from service.web.site.forms import FIELD, local_address
from service.web.site.rendering import address, render

NOTE = "Sign in to send this. What you typed is kept."
KEPT, KEPT_ADDRESS = "kept", "kept_address"
# A form that is kept has the id of its draft in its address.
FORM = re.compile(r"/operations/(?P<operation>[a-z0-9_-]{1,64})/[a-z0-9/_-]*\?draft=(?P<draft>[0-9a-f-]{36})", re.ASCII)
CHECK = "/check"


@dataclass(frozen=True, slots=True)
class KeptForm:
    """What was typed into a form, the address of the form, and the operation and draft that this names."""

    address: str
    operation: str
    draft: UUID
    typed: Mapping[str, Sequence[str]]

    def as_text(self) -> str:
        """Return what was typed as the text of one field."""
        return json.dumps(self.typed)


def form_to_keep() -> KeptForm | None:
    """Return the form of this request, if it is one that is kept; otherwise None."""
    view = current_app.view_functions.get(request.endpoint or "")
    if request.method != "POST" or not getattr(view, "keeps_form", False):
        return None
    typed = {name: found for name, found in request.form.lists() if name != FIELD}
    return _kept(f"{request.path.removesuffix(CHECK)}?draft={request.args.get('draft', '')}", typed)


def sent_form() -> KeptForm | None:
    """Return the form that the sign-in page carries along; None if it carries none."""
    try:
        typed = json.loads(request.form.get(KEPT, ""))
    except (ValueError, RecursionError):
        return None
    is_form = isinstance(typed, dict) and all(
        isinstance(found, list) and all(isinstance(one, str) for one in found) for found in typed.values()
    )
    return _kept(request.form.get(KEPT_ADDRESS, ""), typed) if is_form else None


def kept_form_page(kept: KeptForm) -> Response:
    """Return the sign-in page with the form in it."""
    body = render(
        "sign_in/sign_in.html.jinja",
        title="Sign in",
        note=NOTE,
        errors=[],
        error=None,
        following=kept.address,
        action=address("sign_in.send"),
        kept=kept,
    )
    return Response(body, status=HTTPStatus.UNAUTHORIZED, content_type="text/html; charset=utf-8")


def _kept(address: str, typed: Mapping[str, Sequence[str]]) -> KeptForm | None:
    found = FORM.fullmatch(local_address(address, ""))
    if found is None:
        return None
    try:
        return KeptForm(address, found["operation"], UUID(found["draft"]), typed)
    except ValueError:
        return None
