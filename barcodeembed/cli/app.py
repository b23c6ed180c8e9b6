"""The command line: one function ``main`` that runs a command and turns every error into one line and an exit code."""

from __future__ import annotations

import errno
import gc
import io
import os
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from barcodeembed.cli.claims import already_written, release
from barcodeembed.cli.console import Console, console, use_console
from barcodeembed.cli.signals import leave_signals, take_signals
from barcodeembed.embeddings.bounded_memory import check_allowed_memory
from barcodeembed.errors import BarcodeembedError, Terminated, UsageError
from barcodeembed.version import __version__

EXIT_CLOSED_PIPE = 141
EXIT_INTERRUPTED = 130

_LONG_DASHES = ("\u2013", "\u2014")  # en dash and em dash

_COMPLETION = "_BARCODEEMBED_COMPLETE"  # the variable by which a shell asks for a completion

_NO_MEMORY = ("failed to map segment", "annot allocate memory", "can't allocate memory", "std::bad_alloc")
"""What errors of libraries say if there is too little memory to load or to run them."""

_OUT_OF_MEMORY = "out of memory; use a smaller --batch-size or fewer --threads, or raise the limit (ulimit -v)"
_LEAST_MEMORY = 384 << 20  # bytes that numpy takes, of addresses, with one thread

_CUT_OFF = (
    "a module that Python has compiled is cut off, as a full disk leaves it: delete the folders named __pycache__ in "
)

_no_memory = False  # whether the process has run out of memory

_OS_HINTS = {
    errno.ENOSPC: "; free some and run again",
    errno.EDQUOT: "; free some and run again",
    errno.EACCES: "; let it be read and written (chmod), or give another place",
    errno.EPERM: "; let it be read and written (chmod), or give another place",
    errno.ENAMETOOLONG: "; give a shorter name",
    errno.EMFILE: "; allow this program more (ulimit -n)",
    errno.ENFILE: "; end programs that have many",
}
"""What helps against an error of the system."""

_YOUNG = 100_000
"""Number of new objects after which Python looks for cycles among them. By default it does so 140 times as often, and
again and again while torch loads half a million objects that all stay: that takes a quarter of a second."""


def run() -> None:
    """Run the command that the arguments of this process ask for, and exit with its code."""
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            # The caller closed it. A stand-in takes its number, so that no output file can get that number.
            setattr(sys, name, open(os.devnull, "r" if name == "stdin" else "w"))  # noqa: SIM115
            if name == "stdout":
                sys.stdout = _ClosedOutput(open(os.devnull, "wb"), encoding="utf-8")  # noqa: SIM115
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="replace")  # as in files, for any locale
    gc.set_threshold(_YOUNG)
    try:
        code = main(sys.argv[1:])
    except MemoryError:  # there was not even enough to say so
        os.write(2, f"barcodeembed: error: {_OUT_OF_MEMORY}\n".encode())
        os._exit(1)
    leave_signals()
    if _no_memory:
        os._exit(code)  # to clear up, Python would need memory, and complain of every object
    # The process ends, and its memory with it. Python would look through every object once more, for half a second.
    gc.freeze()
    sys.exit(code)


class _ClosedOutput(io.TextIOWrapper):
    """Stands for standard output that the caller has closed. Writing raises an error, because the results would be
    lost."""

    def write(self, text: str) -> int:
        raise OSError(errno.EBADF, "it is closed: give the name of a file to -o")


def main(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code (docs/formats.md lists them)."""
    code = 0
    try:
        if list(arguments) in (["--version"], ["-V"]):
            # Answered without importing typer, because workflow managers ask for the version before every job.
            print(f"barcodeembed {__version__}")
        else:
            take_signals()
            code = _run(list(arguments))
        sys.stdout.flush()
    except BrokenPipeError:
        return _abandon_output(EXIT_CLOSED_PIPE)
    except Terminated as error:
        _say_once(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        _say_once("interrupted")
        return EXIT_INTERRUPTED
    except OSError as error:
        if code == 0:
            console().error(f"standard output: {error.strerror or error}")
        return _abandon_output(code or 1)
    return code


def _run(arguments: list[str]) -> int:
    """Run one command and return its exit code. Every error is shown as one line; with ``--debug``, its traceback is
    shown before."""
    from typer import Abort, TyperException

    from barcodeembed.cli.program import app

    options = _GlobalOptions()
    try:
        check_allowed_memory(_LEAST_MEMORY)
        _check_completion()
        rest = options.take_from(arguments)
        if options.longest is not None:
            _limit_records(options.longest)
        use_console(Console(quiet=options.quiet, verbose=options.verbose, log_json=options.log_json))
        result = app(rest, prog_name="barcodeembed", standalone_mode=False)
        if result == EXIT_INTERRUPTED:
            # typer has turned the KeyboardInterrupt into this exit code.
            console().error(f"interrupted{already_written()}")
        return result if isinstance(result, int) else 0
    except BrokenPipeError:
        raise
    except SystemExit as stop:
        # typer exits by itself if the pipe closes that its help text is written to.
        if isinstance(stop.__context__, BrokenPipeError):
            raise stop.__context__ from None
        raise
    except TyperException as error:
        message = error.format_message()
        if message.startswith("Usage:"):
            print(message, file=sys.stderr)
        else:
            command = getattr(getattr(error, "ctx", None), "command_path", "barcodeembed")
            console().error(f"{message}{_long_dash(arguments)} (see {command} --help)")
        return error.exit_code
    except Exception as error:
        if options.debug:
            traceback.print_exc()
        if isinstance(error, Abort) and isinstance(error.__cause__, EOFError):
            error = error.__cause__  # typer takes it for the end of what the user types
        message, code = _explain(error)
        console().error(message + already_written())
        _note_memory(error)
        return code
    finally:
        release()
        console().close()


def _say_once(message: str) -> None:
    """Show the line of a signal, unless an error has been shown: the signal came while the command cleared up."""
    if not console().failed:
        console().error(message)


def _check_completion() -> None:
    """Check that a shell which asks what a line could go on with says which line.

    Raises
    ------
    UsageError
        if it does not.
    """
    if os.environ.get(_COMPLETION) == "complete_bash" and not (
        os.environ.get("COMP_WORDS") and os.environ.get("COMP_CWORD", "").isdecimal()
    ):
        raise UsageError(
            f"{_COMPLETION}=complete_bash asks for a completion, but COMP_WORDS and COMP_CWORD do not say of what: "
            f"unset {_COMPLETION} to run a command (--install-completion sets completion up)"
        )


def _long_dash(arguments: Sequence[str]) -> str:
    """Return a hint at the first option that begins with a long dash, as word processors write it; empty without."""
    dashed = next((argument for argument in arguments if argument.startswith(_LONG_DASHES)), "")
    return f" {dashed!r} begins with a long dash: type --{dashed.lstrip('-' + ''.join(_LONG_DASHES))}" if dashed else ""


def _explain(error: Exception) -> tuple[str, int]:
    """Return the message and the exit code for any error. An error that has no rule here is a bug, and its message says
    so."""
    if isinstance(error, BarcodeembedError):
        return str(error), error.exit_code
    if _is_of_memory(error):
        return _OUT_OF_MEMORY, 1
    if isinstance(error, EOFError) and "marshal" in str(error):
        return f"{_CUT_OFF}{Path(__file__).parents[2]}", 1
    if isinstance(error, OSError):
        return f"{_where(error)}{error.strerror or error}{_OS_HINTS.get(error.errno or 0, '')}", 1
    return f"internal error ({type(error).__name__}: {error}); run again with --debug and report what it shows", 1


def _is_of_memory(error: Exception) -> bool:
    return isinstance(error, MemoryError) or any(words in str(error) for words in _NO_MEMORY)


def _note_memory(error: Exception) -> None:
    """Let :func:`run` end the process at once if it has run out of memory."""
    global _no_memory
    _no_memory = _no_memory or _is_of_memory(error)


def _where(error: OSError) -> str:
    """Return the beginning of the message of a system's error: the file, or what else it must have been about."""
    if error.filename:
        return f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, (str, bytes)) else ""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF):
        return "standard output: "  # every other file that is written is named
    try:
        os.getcwd()
    except FileNotFoundError:
        return "the folder that this command was started in is gone (cd to another one): "
    return ""


def _limit_records(text: str) -> None:
    """Set the largest length of a record, as ``--max-record-length`` gives it.

    Raises
    ------
    UsageError
        if it is not a number.
    """
    from barcodeembed.sequences.formats.files import RecordLimit

    if not (text.isascii() and text.isdecimal()) or int(text) < 1:
        raise UsageError(f"--max-record-length {text}: give a number of bases")
    RecordLimit.characters = int(text)


def _abandon_output(code: int) -> int:
    """Send all further output to nowhere, because nobody reads it: flushing it at exit would print one more error.
    Return the code."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    return code


class _GlobalOptions:
    """Options that every command takes, before or after its name."""

    def __init__(self) -> None:
        self.quiet = False
        self.verbose = False
        self.debug = False
        self.log_json: Path | None = None
        self.longest: str | None = None

    def take_from(self, arguments: list[str]) -> list[str]:
        """Take these options out of the arguments, wherever they stand before a ``--``. Return the other arguments.

        Raises
        ------
        UsageError
            if --log-json has no file name.
        """
        rest: list[str] = []
        stream = iter(arguments)
        for argument in stream:
            if argument == "--":
                rest += ["--", *stream]
            elif argument in ("-q", "--quiet"):
                self.quiet = True
            elif argument in ("-v", "--verbose"):
                self.verbose = True
            elif argument == "--debug":
                self.debug = True
            elif argument == "--log-json" or argument.startswith("--log-json="):
                name = argument.partition("=")[2] or next(stream, "-")
                if name.startswith("-") or name.endswith("/"):
                    raise UsageError("--log-json needs the name of a file")
                self.log_json = Path(name)
            elif argument == "--max-record-length" or argument.startswith("--max-record-length="):
                self.longest = argument.partition("=")[2] or next(stream, "-")
            else:
                rest.append(argument)
        return rest
