"""Compares the versions in lock files with security advisories in a folder, without a network: `make audit`.

An advisory is a file of the OSV format (https://ossf.github.io/osv-schema/), one JSON object each, ecosystem PyPI.
"""

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", re.MULTILINE)
# Exit codes: nothing applies, something does, nothing was compared.
CLEAN, AFFECTED, NOT_COMPARED = 0, 1, 2
HOW = (
    "Nothing was compared: ADVISORIES names no folder with advisories. On a machine with a network, download all "
    "advisories of the ecosystem PyPI from the OSV database (osv.dev, data dumps, all.zip) and unpack them. Copy the "
    "folder here, then run: make audit ADVISORIES=folder"
)


def pins(text: str) -> set[tuple[str, str]]:
    """Return the packages of a lock file, each with its version."""
    return {(str(canonicalize_name(name)), version) for name, version in PIN.findall(text)}


def is_affected(affected: Mapping[str, Any], name: str, version: str) -> bool:
    """Return whether a version of a package is affected. A version that cannot be compared with a range is."""
    package = affected.get("package", {})
    if package.get("ecosystem") != "PyPI" or canonicalize_name(package.get("name", "")) != name:
        return False
    if version in affected.get("versions", ()):
        return True
    ranges = [one["events"] for one in affected.get("ranges", ()) if one.get("type") == "ECOSYSTEM"]
    try:
        return any(_is_within(events, Version(version)) for events in ranges)
    except InvalidVersion:
        return True


def _is_within(events: Iterable[Mapping[str, str]], version: Version) -> bool:
    within = False
    for kind, bound in sorted(((kind, bound) for event in events for kind, bound in event.items()), key=_order):
        if kind == "introduced" and (bound == "0" or version >= Version(bound)):
            within = True
        elif (kind == "fixed" and version >= Version(bound)) or (kind == "last_affected" and version > Version(bound)):
            within = False
    return within


def _order(event: tuple[str, str]) -> Version:
    return Version(event[1])


def found_in(folder: Path, locked: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield a line for each advisory in a folder that applies to a package with this version."""
    for path in sorted(folder.rglob("*.json")):
        advisory = json.loads(path.read_text(encoding="utf-8"))
        if "withdrawn" in advisory:
            continue
        for name, version in sorted(locked):
            if any(is_affected(affected, name, version) for affected in advisory.get("affected", ())):
                names = ", ".join([advisory["id"], *advisory.get("aliases", ())])
                yield f"{name} {version}: {names}: {advisory.get('summary', 'no summary')}"


def main(folder: str, *locks: str) -> int:
    """Print what applies to the lock files; return an exit code."""
    advisories = sum(1 for _path in Path(folder).rglob("*.json")) if folder else 0
    if not advisories:
        print(HOW, file=sys.stderr)
        return NOT_COMPARED
    locked = {pin for lock in locks for pin in pins(Path(lock).read_text(encoding="utf-8"))}
    found = list(found_in(Path(folder), locked))
    for line in found:
        print(line)
    print(f"{len(locked)} packages and {advisories:,} advisories compared; {len(found)} apply.")
    if found:
        print("Update each package: make lock LOCK_FLAGS='--upgrade-package NAME'. Then run make test.")
    return AFFECTED if found else CLEAN


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
