"""The looks in which each page is tried: windows, colours, and a browser without JavaScript."""

import pytest

PHONE = {"width": 320, "height": 640}
LAPTOP = {"width": 1280, "height": 800}
LOOKS = [
    pytest.param({"viewport": LAPTOP}, id="laptop"),
    pytest.param({"viewport": PHONE}, id="phone"),
    pytest.param({"viewport": LAPTOP, "color_scheme": "dark"}, id="dark"),
    pytest.param({"viewport": PHONE, "color_scheme": "dark"}, id="dark-phone"),
    pytest.param({"viewport": LAPTOP, "forced_colors": "active"}, id="forced-colours"),
    pytest.param({"viewport": PHONE, "java_script_enabled": False}, id="without-javascript"),
]
