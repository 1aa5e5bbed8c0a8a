"""Exactly the pinned versions of the lock files are installed, whatever else a package index offers."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[2]
# A pip version to test besides the one bundled with this Python; `.ci/run` names the oldest bundled with Python 3.11.
OTHER_PIP = os.environ.get("TEST_PIP_VERSION")
BUILD_BACKEND = """
from zipfile import ZipFile

def build_editable(directory, config_settings=None, metadata_directory=None):
    with ZipFile(f"{directory}/checkout-1-py3-none-any.whl", "w") as wheel:
        wheel.writestr("checkout-1.dist-info/METADATA", "Metadata-Version: 2.1\\nName: checkout\\nVersion: 1\\n")
        wheel.writestr("checkout-1.dist-info/WHEEL", "Wheel-Version: 1.0\\nTag: py3-none-any\\n")
        wheel.writestr("checkout-1.dist-info/RECORD", "")
    return "checkout-1-py3-none-any.whl"
"""


def make_wheel(folder: Path, name: str, version: str, *, metadata: str = "", code: str = "") -> Path:
    path = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    with ZipFile(path, "w") as wheel:
        wheel.writestr(f"{name}.py", code)
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{metadata}")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    return path


def lock_of(*wheels: Path) -> str:
    lines = []
    for wheel in wheels:
        name, version, *_tags = wheel.name.split("-")
        lines.append(f"{name}=={version} --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n")
    return "".join(lines)


@pytest.fixture
def index(tmp_path: Path) -> Path:
    folder = tmp_path / "index"
    folder.mkdir()
    return folder


@pytest.fixture
def checkout(tmp_path: Path, index: Path) -> Path:
    """Return a checkout with our Makefile; its lock pins `measured`, which another package requires with an extra."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    shutil.copy(ROOT / "Makefile", folder)
    backend = make_wheel(index, "inert_backend", "1", code=BUILD_BACKEND)
    reader = make_wheel(index, "toml_reader", "1")
    measured = make_wheel(index, "measured", "1", metadata="Provides-Extra: toml\n")
    report = make_wheel(index, "report", "1", metadata="Requires-Dist: measured[toml]>=1\n")
    (folder / "requirements.lock").write_text(lock_of(backend, reader, measured, report), encoding="utf-8")
    (folder / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["inert_backend"]\nbuild-backend = "inert_backend"\n'
        '[project]\nname = "checkout"\nversion = "1"\n',
        encoding="utf-8",
    )
    # Released after the lock was written.
    make_wheel(index, "measured", "2", metadata='Provides-Extra: toml\nRequires-Dist: toml_reader; extra == "toml"\n')
    return folder


def make(
    checkout: Path, target: str, *, python: str = sys.executable, **variables: str
) -> subprocess.CompletedProcess[str]:
    cleared = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "MAKE", "MFLAGS"))}
    command = ["make", target, f"PYTHON={python}"]
    return subprocess.run(
        command, cwd=checkout, env=cleared | variables, capture_output=True, text=True, check=False, timeout=120
    )


def only_from(index: Path) -> dict[str, str]:
    """Return the variables that restrict pip to this folder."""
    return {"PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": index.as_uri()}


@pytest.mark.parametrize("pip_version", [None, *([OTHER_PIP] if OTHER_PIP else [])], ids=str)
def test_a_lock_is_installed_as_it_stands_and_must_be_complete(checkout: Path, index: Path, pip_version: str | None):
    assert make(checkout, ".venv/bin/pip").returncode == 0
    if pip_version:
        install = [checkout / ".venv/bin/pip", "install", "--quiet", f"pip=={pip_version}"]
        subprocess.run(install, check=True, timeout=120)
    lock = checkout / "requirements.lock"
    complete = lock.read_text(encoding="utf-8")
    lock.write_text("".join(line for line in complete.splitlines(keepends=True) if "measured" not in line))

    done = make(checkout, ".venv/.installed", **only_from(index))
    assert done.returncode == 2
    assert "report 1 requires measured, which is not installed" in done.stdout + done.stderr

    lock.write_text(complete, encoding="utf-8")
    done = make(checkout, ".venv/.installed", **only_from(index))
    assert done.returncode == 0, done.stdout + done.stderr
    assert [path.name for path in (checkout / ".venv").rglob("measured-*")] == ["measured-1.dist-info"]


@pytest.mark.parametrize(
    ("python", "expected"),
    [
        ("exit 127", "Python 3.11 or later is required; {} is Python 3.10.13. Use another: make PYTHON=python3.12"),
        (
            "exit 0",
            "{} cannot create a virtual environment. On Debian and Ubuntu, install the package python3-venv",
        ),
    ],
)
def test_an_unsuitable_python_is_reported_in_one_sentence(tmp_path: Path, python: str, expected: str):
    """A script stands in for a Python that is too old, or that lacks venv, as Debian's does without python3-venv."""
    script = tmp_path / "python3"
    script.write_text(
        "#!/bin/sh\n"
        'case "$*" in\n'
        "-V) echo 'Python 3.10.13' ;;\n"
        f"*version_info*) {python} ;;\n"
        "*) echo 'No module named ensurepip' >&2; exit 1 ;;\n"
        "esac\n",
        encoding="utf-8",
    )
    script.chmod(0o755)
    shutil.copy(ROOT / "Makefile", tmp_path)
    for target, exit_code in (("help", 0), (".venv/bin/pip", 2)):
        done = make(tmp_path, target, python=str(script))
        assert done.returncode == exit_code
        assert done.stdout.splitlines()[-1] == expected.format(script), done.stderr
        assert "No module named" not in done.stdout + done.stderr


def test_a_missing_python_is_reported(tmp_path: Path):
    shutil.copy(ROOT / "Makefile", tmp_path)
    done = make(tmp_path, "help", python="python3.99")
    assert done.stdout.endswith("; python3.99 was not found. Use another: make PYTHON=python3.12\n")
