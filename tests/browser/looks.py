"""The looks in which each page is tried: windows, each with the colours to check, and a browser without JavaScript."""

import pytest

PHONE = {"width": 320, "height": 640}
LAPTOP = {"width": 1280, "height": 800}
LIGHT = {"color_scheme": "light", "forced_colors": "none"}
DARK = {"color_scheme": "dark", "forced_colors": "none"}
FORCED = {"color_scheme": "light", "forced_colors": "active"}
LOOKS = [
    pytest.param({"viewport": LAPTOP, "colours": (LIGHT, DARK, FORCED)}, id="laptop"),
    pytest.param({"viewport": PHONE, "colours": (LIGHT, DARK)}, id="phone"),
    pytest.param({"viewport": PHONE, "java_script_enabled": False}, id="without-javascript"),
]
