"""Entry point of the program. It loads almost nothing, so that Ctrl-C in the first moment ends the program in one
line."""

from __future__ import annotations

import os
import signal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType


def run() -> None:
    """Run the program; Ctrl-C while it loads ends it in one line."""
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, _stop)
    from barcodeembed.cli.app import run as run_app

    if signal.getsignal(signal.SIGINT) is _stop:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    run_app()


def _stop(number: int, frame: FrameType | None) -> None:
    """Exit at once; nothing has begun yet, so nothing needs to be cleaned up."""
    os.write(2, b"barcodeembed: error: interrupted\n")
    os._exit(130)
