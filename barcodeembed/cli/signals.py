"""Let signals stop a command, but not at a moment when their error would be lost. While numpy and others are imported,
they turn any error into one of their own; while an object is destroyed, Python prints an error and goes on."""

from __future__ import annotations

import os
import signal
import threading
from types import FrameType

from barcodeembed.errors import Terminated

_PAUSE = 0.02
"""Seconds after which a signal comes again that came where its error would be lost."""

_IMPORTING = "<frozen importlib"  # how the names of files of Python's own import system begin
_GIVING_UP = ("weakref.py", "_weakrefset.py")  # files of Python whose functions are called when objects are given up


def _numbers(*names: str) -> list[int]:
    return [getattr(signal, name) for name in names if hasattr(signal, name)]


_OF_USERS = _numbers("SIGTERM", "SIGHUP", "SIGINT")
_OF_SCHEDULERS = _numbers("SIGXCPU", "SIGUSR1", "SIGUSR2")
"""What schedulers send before they kill a job: SIGXCPU when its processor time is used up (``ulimit -S -t``), the
others if they are told to."""


def take_signals() -> None:
    """Let SIGTERM, Ctrl-C, SIGHUP at the end of the session, and the signals of schedulers stop a command. Signals that
    the caller has it ignore (``nohup``) stay ignored."""
    if threading.current_thread() is not threading.main_thread():
        return
    for numbers, handler in ((_OF_USERS, _stop), (_OF_SCHEDULERS, _end_job)):
        for number in numbers:
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, handler)


def leave_signals() -> None:
    """Ignore the same signals from now on: the command has ended, and Python would complain of one at its own end."""
    if threading.current_thread() is threading.main_thread():
        for number in (*_OF_USERS, *_OF_SCHEDULERS):
            signal.signal(number, signal.SIG_IGN)


def _end_job(number: int, frame: FrameType | None) -> None:
    """Do what SIGTERM does at this moment, once: SIGXCPU comes every second, and must not come while the command clears
    up."""
    signal.signal(number, signal.SIG_IGN)
    signal.raise_signal(signal.SIGTERM)


def _stop(number: int, frame: FrameType | None) -> None:
    """Handle a signal where a command keeps nothing to go on with. Where it does, ``StopSignal`` replaces this
    function.

    Raises
    ------
    Terminated, KeyboardInterrupt
        at once, or as soon as the error is not lost.
    """
    if _is_lost(frame):
        again = threading.Timer(_PAUSE, os.kill, (os.getpid(), number))
        again.daemon = True
        again.start()
    elif number == signal.SIGINT:
        raise KeyboardInterrupt
    else:
        raise Terminated("terminated")


def _is_lost(frame: FrameType | None) -> bool:
    """Return whether a module is being imported or an object given up in this frame, or in one that has called it."""
    while frame is not None:
        code = frame.f_code
        if (
            code.co_name == "__del__"
            or code.co_filename.startswith(_IMPORTING)
            or code.co_filename.endswith(_GIVING_UP)
        ):
            return True
        frame = frame.f_back
    return False
