"""Copies the compiled files of govuk-frontend into service/web/static: `make assets`, for maintainers.

Only services on gov.uk may use the font, the crest, the logo and the colour of GOV.UK, so these are filtered out.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

STATIC = Path(__file__).parents[1] / "service" / "web" / "static"
DIST = Path("dist") / "govuk"
OWN_COLOUR = "#12436d"
FILTERS = (
    (r"/\*!? Copyright.*?\*/", ""),
    (r"@font-face\{[^}]*\}", ""),
    (r'"?GDS Transport"?,', ""),
    (r"[^{}]*\{[^{}]*govuk-crest[^{}]*\}", ""),
    (r"#1d70b8", OWN_COLOUR),
    (r"/\*# sourceMappingURL=[^*]*\*/\s*", ""),
)
REFUSED = ("GDS", "crest", "url(", "#1d70b8", "Margaret Calvert", "sourceMappingURL")


def filtered(css: str) -> str:
    """Return the style sheet without what is reserved for gov.uk."""
    for pattern, replacement in FILTERS:
        css = re.sub(pattern, replacement, css, flags=re.DOTALL)
    if found := [word for word in REFUSED if word in css]:
        raise SystemExit(f"The filter leaves {', '.join(found)}: adapt FILTERS to this version")
    return css


def main(package: Path) -> None:
    """Write the filtered files of an unpacked npm package."""
    css = (package / DIST / "govuk-frontend.min.css").read_text(encoding="utf-8")
    script = (package / DIST / "govuk-frontend.min.js").read_text(encoding="utf-8")
    (STATIC / "govuk-frontend.css").write_text(filtered(css) + "\n", encoding="utf-8")
    (STATIC / "govuk-frontend.js").write_text(
        re.sub(r"//# sourceMappingURL=.*\s*", "", script) + "\n", encoding="utf-8"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
