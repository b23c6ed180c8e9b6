"""The command line: one ``main`` that turns arguments into a call and errors into one line and an exit code."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from barcodeembed import __version__
from barcodeembed.cli.console import Console
from barcodeembed.errors import BarcodeembedError

EXIT_CLOSED_PIPE = 141
EXIT_INTERRUPTED = 130

_console = Console()


def console() -> Console:
    """The console of this run, as the global options made it."""
    return _console


def run() -> None:
    """Entry point of the installed program."""
    sys.exit(main(sys.argv[1:]))


def main(arguments: Sequence[str]) -> int:
    """Run one command; returns the exit code (docs/formats.md lists them)."""
    if list(arguments) in (["--version"], ["-V"]):
        # Answered before typer is imported: workflow managers ask this for every job.
        print(f"barcodeembed {__version__}")
        return 0
    try:
        options, rest = _take_global_options(list(arguments))
        return _guarded(rest, options)
    except BrokenPipeError:
        return _closed_pipe()


def _guarded(arguments: list[str], options: _GlobalOptions) -> int:
    """Every error that a user can cause becomes one line here; with --debug the traceback is shown as well."""
    global _console
    from typer import Abort, TyperException

    from barcodeembed.cli.commands import app

    try:
        _console = Console(quiet=options.quiet, verbose=options.verbose, log_json=options.log_json)
        result = app(arguments, prog_name="barcodeembed", standalone_mode=False)
        sys.stdout.flush()
        return result if isinstance(result, int) else 0
    except BrokenPipeError:
        return _closed_pipe()
    except (KeyboardInterrupt, Abort):
        _console.error("interrupted")
        return EXIT_INTERRUPTED
    except BarcodeembedError as error:
        if options.debug:
            raise
        _console.error(str(error))
        return error.exit_code
    except TyperException as error:
        _console.error(f"{error.format_message()} (see barcodeembed --help)")
        return error.exit_code
    except OSError as error:
        if options.debug:
            raise
        _console.error(_describe(error))
        return 1
    except MemoryError:
        _console.error("out of memory; use a smaller --batch-size or fewer --threads")
        return 1


def _describe(error: OSError) -> str:
    where = f"{error.filename}: " if error.filename else ""
    hint = "; free some and run again" if error.errno == errno.ENOSPC else ""
    return f"{where}{error.strerror or error}{hint}"


def _closed_pipe() -> int:
    """The reader of our output has gone: say nothing, and let nothing be flushed at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return EXIT_CLOSED_PIPE


class _GlobalOptions:
    """Options that every command takes, before or after its name."""

    def __init__(self) -> None:
        self.quiet = False
        self.verbose = False
        self.debug = False
        self.log_json: Path | None = None


def _take_global_options(arguments: list[str]) -> tuple[_GlobalOptions, list[str]]:
    """Pick the global options out of the arguments, wherever they stand before a ``--``."""
    options, rest = _GlobalOptions(), []
    stream = iter(arguments)
    for argument in stream:
        if argument == "--":
            rest += ["--", *stream]
        elif argument in ("-q", "--quiet"):
            options.quiet = True
        elif argument in ("-v", "--verbose"):
            options.verbose = True
        elif argument == "--debug":
            options.debug = True
        elif argument == "--log-json":
            options.log_json = Path(next(stream, "barcodeembed.log.json"))
        elif argument.startswith("--log-json="):
            options.log_json = Path(argument.split("=", 1)[1])
        else:
            rest.append(argument)
    return options, rest
