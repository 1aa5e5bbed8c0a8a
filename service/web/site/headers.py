"""Headers of every page: what a browser may load and keep."""

from __future__ import annotations

from flask import Response

# The one inline script, in the template of govuk-frontend-jinja; a test compares the hash with it.
INLINE_SCRIPT = "sha256-GUQ5ad8JK5KmEWmROf3LZd9ge94daqNvd8xy9YS1iDw="
POLICY = "; ".join(
    (
        "default-src 'none'",
        f"script-src 'self' '{INLINE_SCRIPT}'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    # With no-referrer, browsers send `Origin: null` with forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cache-Control": "no-store",
}


def add_headers(response: Response) -> Response:
    """Add the headers of pages that the response does not have."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response
