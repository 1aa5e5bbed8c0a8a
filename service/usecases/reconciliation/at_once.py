"""A limit on the reconciliations that a process makes at once, so that they leave time for recording and reading."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from service.errors import Unavailable

MOST_AT_ONCE = 2


class TooManyReconciliations(Unavailable):
    """This process is making its maximum number of reconciliations; send the same request again later."""

    code = "too_many_reconciliations"


@dataclass(slots=True)
class ReconciliationPlaces:
    """The places for reconciliations in this process: a singleton of the database."""

    free: threading.BoundedSemaphore = field(default_factory=lambda: threading.BoundedSemaphore(MOST_AT_ONCE))

    @contextmanager
    def one(self) -> Iterator[None]:
        """Hold a place.

        Raises:
            TooManyReconciliations: all places are taken.
        """
        if not self.free.acquire(blocking=False):
            raise TooManyReconciliations(
                f"This process makes at most {MOST_AT_ONCE} reconciliations at once. Send the same request again later."
            )
        try:
            yield
        finally:
            self.free.release()
