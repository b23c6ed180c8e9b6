"""Handle SIGTERM and Ctrl-C at a moment of our choosing: the signal sets a flag, and the work checks it between
steps."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Any, Self

from barcodeembed.errors import Interrupted, Terminated

NOTHING_WRITTEN = "no result was written"
"""Says what a stopped run leaves, unless the run keeps its finished work."""

_SIGNALS = [getattr(signal, name) for name in ("SIGTERM", "SIGINT", "SIGHUP") if hasattr(signal, name)]


class StopSignal:
    """While active, SIGTERM, SIGHUP and Ctrl-C wait until :meth:`check`; a second Ctrl-C stops at once."""

    def __init__(self) -> None:
        self.received: int | None = None
        self._previous: dict[int, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in _SIGNALS:
                # Signals that are ignored already (a job in the background, nohup) stay ignored.
                if signal.getsignal(number) is not signal.SIG_IGN:
                    self._previous[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.received == signal.SIGINT == number:
            raise KeyboardInterrupt
        self.received = number

    def check(self, kept: str = NOTHING_WRITTEN) -> None:
        """Raise the error that a signal asked for; ``kept`` tells the user what is there and how to go on.

        Raises
        ------
        Terminated
            after SIGTERM.
        Interrupted
            after Ctrl-C.
        """
        if self.received is not None and self.received != signal.SIGINT:
            raise Terminated(f"terminated; {kept}")
        if self.received == signal.SIGINT:
            raise Interrupted(f"interrupted; {kept}")
