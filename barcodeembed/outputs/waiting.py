"""Let signals wait where the errors that their handlers raise would do harm: a library that calls us back would crash,
and a folder that is being made or deleted would be left half done."""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import Any, Self

_SIGNALS = [getattr(signal, name) for name in ("SIGTERM", "SIGINT", "SIGHUP") if hasattr(signal, name)]


class Waiting:
    """Lets the signals that Python handles wait, from the moment it is made until :meth:`end`, or the end of a
    ``with``."""

    def __init__(self) -> None:
        self._came: list[int] = []
        self._handlers: dict[int, Any] = {}
        if threading.current_thread() is threading.main_thread():
            for number in _SIGNALS:
                if callable(signal.getsignal(number)):
                    self._handlers[number] = signal.signal(number, self._note)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self._came.append(number)

    def deliver(self) -> None:
        """Call the handlers of the signals that came."""
        while self._came:
            number = self._came.pop(0)
            self._handlers[number](number, None)

    def end(self) -> None:
        """Put the handlers back, and call them for the signals that came; a second call does nothing more."""
        for number, handler in self._handlers.items():
            if signal.getsignal(number) == self._note:
                signal.signal(number, handler)
        self.deliver()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.end()
