"""All messages and progress bars, which go to standard error: a bar on a terminal, one line per minute elsewhere."""

from __future__ import annotations

import errno
import json
import os
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO

from barcodeembed.errors import UsageError
from barcodeembed.outputs.text import one_line

_SECONDS_BETWEEN_LINES = 60.0


class Console:
    """Shows messages. ``say`` is silent with --quiet, ``detail`` needs -v, ``warn`` and ``error`` are always shown."""

    def __init__(self, *, quiet: bool = False, verbose: bool = False, log_json: Path | None = None) -> None:
        self.quiet = quiet
        self.verbose = verbose
        self.log_file = log_json
        self.failed = False  # whether an error was shown
        self._log = _open_log(log_json) if log_json else None

    def close(self) -> None:
        """Close the JSON log."""
        if self._log:
            with suppress(OSError):
                self._log.close()
            self._log = None

    def say(self, message: str, **fields: Any) -> None:
        """Show a line, unless --quiet was given; ``fields`` go to the JSON log with it."""
        self._event("info", message, fields)
        if not self.quiet:
            self._write(message)

    def detail(self, message: str, **fields: Any) -> None:
        """Show a line only if -v was given."""
        self._event("detail", message, fields)
        if self.verbose:
            self._write(message)

    def warn(self, message: str, **fields: Any) -> None:
        """Show a warning."""
        self._event("warning", message, fields)
        self._write(f"warning: {message}")

    def error(self, message: str, **fields: Any) -> None:
        """Show the one line of an error."""
        self.failed = True
        self._event("error", message, fields)
        self._write(f"barcodeembed: error: {message}")

    @contextmanager
    def progress(self, task: str) -> Iterator[Progress]:
        """Show a bar while the block runs; where there is no terminal, one line per minute."""
        bar = _Bar(task) if sys.stderr.isatty() and not self.quiet else _Lines(self, task)
        try:
            yield bar
        finally:
            bar.close()

    def _write(self, line: str) -> None:
        try:
            print(one_line(line), file=sys.stderr, flush=True)
        except BrokenPipeError:
            raise
        except OSError:
            pass  # a full disk under standard error must neither end a run nor hide how it ended

    def _event(self, level: str, message: str, fields: dict[str, Any]) -> None:
        if self._log:
            entry = {"time": round(time.time(), 3), "level": level, "message": message, **fields}
            try:
                self._log.write(json.dumps(entry) + "\n")
                self._log.flush()
            except OSError as error:
                log, self._log = self._log, None
                self.warn(f"{log.name}: {error.strerror}; the log ends here")


def _open_log(path: Path) -> TextIO:
    """Open the log to append to it. It may be a new file, an existing log, a pipe or a device, but no other file.

    Raises
    ------
    UsageError
        if there is a file that is not a log, or if it cannot be opened.
    """
    known = path.is_file() or not path.exists()
    # A pipe without a reader is an error; opening it must not wait for one.
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT if known else os.O_WRONLY | getattr(os, "O_NONBLOCK", 0)
    try:
        handle = os.open(path, flags, 0o666)
    except OSError as error:
        why = "nobody reads this pipe" if error.errno == errno.ENXIO else error.strerror
        raise UsageError(f"--log-json {path}: {why}: give the name of a file") from error
    if stat.S_ISREG(os.fstat(handle).st_mode) and not _is_log(os.pread(handle, 1 << 16, 0)):
        os.close(handle)
        raise UsageError(f"--log-json {path}: there is a file that is no log of this program: give another name")
    os.set_blocking(handle, True)
    return open(handle, "a", encoding="utf-8")


def _is_log(head: bytes) -> bool:
    """Return whether a file that begins with these bytes is empty, or is a log of this program."""
    if not head:
        return True
    try:
        event = json.loads(head.partition(b"\n")[0])
        return isinstance(event, dict) and {"time", "level", "message"} <= event.keys()
    except (ValueError, RecursionError):
        return False


_current = Console()


def console() -> Console:
    """Return the console of this run, which the global options configure."""
    return _current


def use_console(made: Console) -> None:
    """Set the console of this run."""
    global _current
    _current = made


class Progress:
    """Counts finished items; ``note`` is shown beside the count (the loss in training, for example)."""

    def total(self, items: int | None) -> None:
        """Set the number of items; None if it is not known."""

    def update(self, done: int, note: str = "") -> None:
        """Set the number of finished items."""

    def close(self) -> None:
        """End the count."""


class _Bar(Progress):
    """A progress bar of rich, which heeds NO_COLOR by itself."""

    def __init__(self, task: str) -> None:
        from rich.console import Console as RichConsole
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as RichProgress

        self._bar = RichProgress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}"),
            console=RichConsole(stderr=True),
            transient=True,
        )
        self._task = self._bar.add_task(task, total=None, rate="", note="")
        self._clock = _Clock()
        self._bar.start()

    def total(self, items: int | None) -> None:
        self._bar.update(self._task, total=items)

    def update(self, done: int, note: str = "") -> None:
        rate = self._clock.rate(done)
        self._bar.update(self._task, completed=done, rate=f"{rate:,.0f}/s", note=note)

    def close(self) -> None:
        self._bar.stop()


class _Lines(Progress):
    """Shows one line per minute."""

    def __init__(self, console: Console, task: str) -> None:
        self._console, self._name, self._of = console, task, ""
        self._clock, self._last = _Clock(), time.monotonic()

    def total(self, items: int | None) -> None:
        self._of = f" of {items:,}" if items else ""

    def update(self, done: int, note: str = "") -> None:
        rate, now = self._clock.rate(done), time.monotonic()
        if now - self._last >= _SECONDS_BETWEEN_LINES:
            self._last = now
            self._console.say(f"{self._name}: {done:,}{self._of}, {rate:,.0f}/s {note}".rstrip(), done=done)


class _Clock:
    """Measures items per second since the first update. What a resumed run had done before does not count."""

    def __init__(self) -> None:
        self._start = time.monotonic()
        self._first: int | None = None

    def rate(self, done: int) -> float:
        if self._first is None:
            self._first, self._start = done, time.monotonic()
            return 0.0
        return (done - self._first) / max(time.monotonic() - self._start, 1e-9)
