"""Waiting for what another thread or process does, on a machine that may be slow or busy."""

import time
from collections.abc import Callable

TIMEOUT = 120.0
"""Seconds after which what has not happened will not happen, and a program has to have ended."""


def wait_until(condition: Callable[[], bool]) -> None:
    """Return as soon as the condition holds."""
    end = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.005)
