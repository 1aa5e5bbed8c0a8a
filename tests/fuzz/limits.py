"""The limits of one input: two seconds of processor time and, for the whole process, two gibibytes of memory."""

import hashlib
import resource
import signal
import traceback
from pathlib import Path
from types import FrameType

from tests.fuzz.targets import Target

MOST_SECONDS = 2.0
MOST_MEMORY_BYTES = 2 * 1024**3
ROOT = Path(__file__).parents[2]


class TooSlow(BaseException):
    """An input took more than two seconds. It is no Exception, so that nothing in the service catches it."""


def limit_memory() -> None:
    """Let this process allocate no more; what needs more gets a MemoryError."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY_BYTES, MOST_MEMORY_BYTES))


def _too_slow(_number: int, _frame: FrameType | None) -> None:
    raise TooSlow(f"more than {MOST_SECONDS:g} s of processor time")


def finding_in(target: Target, body: bytes) -> BaseException | None:
    """Return what a target raised for an input, or TooSlow; None if it held."""
    signal.signal(signal.SIGVTALRM, _too_slow)
    try:
        signal.setitimer(signal.ITIMER_VIRTUAL, MOST_SECONDS)
        target(body)
    except (Exception, TooSlow) as found:  # noqa: BLE001 - every one is a finding
        return found
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    return None


def place_of(found: BaseException) -> str:
    """Return the kind of a finding, by which those of one cause are told from others: its class and where it rose."""
    frames = [one for one in traceback.extract_tb(found.__traceback__) if str(ROOT) in one.filename]
    last = frames[-1] if frames else None
    where = f"{Path(last.filename).relative_to(ROOT)}:{last.lineno}" if last else "unknown"
    return f"{type(found).__name__} at {where}"


def keep(folder: Path, target: str, body: bytes, said: str) -> Path:
    """Write an input, and beside it what is said of it, into a folder; return the path of the input."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{target}-{hashlib.sha256(body).hexdigest()[:12]}"
    path.write_bytes(body)
    path.with_suffix(".txt").write_text(said, encoding="utf-8")
    return path
