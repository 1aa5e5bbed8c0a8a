"""What is installed only with an extra is imported only where it is used, and the service says how to install it."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.functional.preloaded import ended

PACKAGES = ("authlib", "joserfc", "requests")
# A module that is None cannot be imported, and is not found.
WITHOUT = f"import sys; sys.modules.update(dict.fromkeys({PACKAGES})); "
# Each module but the one that speaks to an identity provider.
EVERY_MODULE = """
import pkgutil, service
from importlib import import_module
for module in pkgutil.walk_packages(service.__path__, "service."):
    if module.name != "service.access.openid_connect":
        import_module(module.name)
"""
SERVE = "from service.cli.main import run; sys.exit(run(['serve']))"
PATIENCE_SECONDS = 60
SETTINGS = {
    "OPRECORD_OIDC_ISSUER": "https://accounts.example.org",
    "OPRECORD_OIDC_CLIENT_ID": "oprecord",
    "OPRECORD_OIDC_CLIENT_SECRET": "a-secret",
}


def python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)


def serve(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Return how `oprecord serve` ends with only these settings."""
    return ended(["serve"], environment, folder, PATIENCE_SECONDS)


def test_nothing_imports_the_packages_of_the_extra_without_need() -> None:
    done = python(WITHOUT + EVERY_MODULE)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_packages_are_not_imported_where_nobody_signs_in_with_accounts() -> None:
    loaded = f"print([name for name in {PACKAGES} if name in sys.modules])"
    done = python(f"import sys; from service.app import create_app; from service.config import Config; {loaded}")
    assert (done.returncode, done.stdout) == (0, "[]\n")


def test_serve_says_which_command_installs_the_extra() -> None:
    done = python(WITHOUT + SERVE, **SETTINGS)
    assert done.returncode == 2
    assert done.stderr == (
        "oprecord: OPRECORD_OIDC_ISSUER is set, and the packages for signing in with accounts are not installed. "
        "Run: pip install 'operation-record[oidc]'\n"
    )


@pytest.mark.parametrize("missing", SETTINGS)
def test_serve_names_a_setting_that_is_missing(tmp_path: Path, missing: str) -> None:
    done = serve(tmp_path, **{name: value for name, value in SETTINGS.items() if name != missing})
    assert done.returncode == 2
    assert done.stderr.startswith(f"oprecord: Expected a value in {missing}, which signing in with accounts needs; ")
    assert done.stderr.count("\n") == 1


def test_serve_names_an_issuer_that_cannot_be_one(tmp_path: Path) -> None:
    done = serve(tmp_path, **SETTINGS | {"OPRECORD_OIDC_ISSUER": "http://accounts.example.org"})
    assert done.returncode == 2
    assert done.stderr.endswith("found 'http://accounts.example.org'.\n")
    assert "a-secret" not in done.stderr
