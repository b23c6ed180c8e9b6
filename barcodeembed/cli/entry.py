"""Where the program begins: before anything is loaded, so that Ctrl-C in the first moment ends it in one line."""

from __future__ import annotations

import os
import signal
from types import FrameType


def run() -> None:
    """Entry point of the installed program."""
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, _stop)
    from barcodeembed.cli.app import run as run_app

    if signal.getsignal(signal.SIGINT) is _stop:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    run_app()


def _stop(number: int, frame: FrameType | None) -> None:
    """Nothing has begun: there is nothing to put in order."""
    os.write(2, b"barcodeembed: error: interrupted\n")
    os._exit(130)
