"""The stored profile: the address of the service and a credential, in a file that only its owner can read."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import NamedTemporaryFile

from service.errors import Invalid


class ProfileUnusable(Invalid):
    """The stored profile cannot be used: others can read it, or it is damaged."""

    code = "profile_unusable"


@dataclass(frozen=True, slots=True)
class Profile:
    """An address and a credential, which is never printed."""

    url: str
    credential: str = field(repr=False)


def profile_path() -> Path:
    """Return the path of the profile: `oprecord/profile.json` in XDG_CONFIG_HOME, by default `~/.config`."""
    given = os.environ.get("XDG_CONFIG_HOME", "")
    home = Path(given) if Path(given).is_absolute() else Path.home() / ".config"
    return home / "oprecord" / "profile.json"


def load_profile() -> Profile | None:
    """Return the stored profile; None if there is none.

    Raises:
        ProfileUnusable: others can read it, or it is damaged.
        OSError: it cannot be read.
    """
    path = profile_path()
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None
    if os.name == "posix" and mode & 0o077:
        raise ProfileUnusable(
            f"Other users can read {path}, which holds a credential. Have the credential revoked, run oprecord logout, "
            "and log in with a new one."
        )
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return Profile(str(found["url"]), str(found["credential"]))
    except (ValueError, TypeError, LookupError) as error:
        raise ProfileUnusable(f"The file {path} is damaged. Run: oprecord login") from error


def save_profile(profile: Profile) -> Path:
    """Store the profile in place of any earlier one, readable by its owner only; return the path.

    Raises:
        OSError: it cannot be written.
    """
    path = profile_path()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # The file is created with mode 0600, and replaces the earlier one whole or not at all.
    with NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, delete=False) as file:
        new = Path(file.name)
    try:
        new.write_text(json.dumps({"url": profile.url, "credential": profile.credential}), encoding="utf-8")
        new.replace(path)
    except OSError:
        new.unlink(missing_ok=True)
        raise
    return path


def remove_profile() -> bool:
    """Remove the stored profile; return whether there was one."""
    path = profile_path()
    is_there = path.exists()
    path.unlink(missing_ok=True)
    return is_there
