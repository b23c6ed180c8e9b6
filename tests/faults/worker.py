"""Runs command lines in copies of one warm process: 20 ms each in place of seconds, and each may crash alone.

Reads one JSON object a line (``args``, ``folder``, ``kill_at``, ``rows``, ``here``) and answers with one (``code``,
``seconds``, ``peak``, ``steps``). With ``kill_at`` the command is killed before that file operation within its folder;
with ``rows`` when its journal has so many rows. ``steps`` counts the file operations of a command that is not killed.
With ``here`` the command runs in the process itself and leaves it warmer: what it has loaded later copies have.
"""

import contextlib
import io
import json
import os
import resource
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

LIMIT = 120
DATA_BYTES = 4 << 30


CHANGES = frozenset({"os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.truncate", "os.link", "os.scandir"})


class Steps:
    """Counts what a command does to files, and kills it before one of these operations."""

    def __init__(self, folder: str, kill_at: int) -> None:
        self.done, self._folder, self._kill_at = 0, folder, kill_at

    def __call__(self, event: str, args: tuple[Any, ...]) -> None:
        writes = event == "open" and isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR)
        if not writes and event not in CHANGES:
            return
        name = args[0]
        if not isinstance(name, (str, os.PathLike)) or not os.path.abspath(name).startswith(self._folder):
            return
        if self.done == self._kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        self.done += 1


def stop_at(rows: int) -> None:
    """Let the command be killed when its journal has so many rows."""
    from barcodeembed.embeddings.journal import Journal
    from barcodeembed.workflows.calling.journal import CallJournal

    for kind in (Journal, CallJournal):
        kind.append = _killing(kind.append, rows)  # type: ignore[attr-defined]


def _killing(append: Callable[..., None], rows: int) -> Callable[..., None]:
    """The method of a journal that adds rows, deadly once there are so many."""

    def some(self: Any, *args: Any) -> None:
        append(self, *args)
        if self.n_rows >= rows:
            os.kill(os.getpid(), signal.SIGKILL)

    return some


def run(args: list[str], folder: str, words: str) -> int:
    """One command, in the child."""
    os.chdir(folder)
    resource.setrlimit(resource.RLIMIT_DATA, (DATA_BYTES, DATA_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.alarm(LIMIT)
    null, err = os.open(os.devnull, os.O_RDWR), os.open(words, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
    for number, handle in enumerate((null, null, err)):
        os.dup2(handle, number)
    sys.stdin, sys.stdout = open(0), open(1, "w")  # noqa: SIM115
    sys.stderr = open(2, "w", buffering=1, errors="backslashreplace")  # noqa: SIM115
    from barcodeembed.cli.app import main

    code = main(args)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    return code


def run_here(args: list[str], folder: str, words: str) -> int:
    """One command in this process."""
    from barcodeembed.cli.app import main

    os.chdir(folder)
    with contextlib.redirect_stdout(io.StringIO()), open(words, "w") as err, contextlib.redirect_stderr(err):
        try:
            return main(args)
        except SystemExit as stop:
            return int(stop.code or 0)


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Run a command in a child and tell what became of it; a negative code is a signal."""
    started = time.monotonic()
    if request.get("here"):
        code = run_here(request["args"], request["folder"], request["words"])
        return {"code": code, "seconds": time.monotonic() - started, "peak": 0, "steps": -1}
    told, tell = os.pipe()
    child = os.fork()
    if child == 0:
        code = 70
        os.close(told)
        steps = Steps(request["folder"], request.get("kill_at", -1))
        try:
            if request.get("rows"):
                stop_at(request["rows"])
            sys.addaudithook(steps)
            code = run(request["args"], request["folder"], request["words"])
        except SystemExit as stop:
            code = int(stop.code or 0)
        except BaseException:
            import traceback

            traceback.print_exc()
        finally:
            os.write(tell, str(steps.done).encode())
            os._exit(code)
    os.close(tell)
    with open(told) as counted:
        steps_done = int(counted.read() or -1)
    _, status, usage = os.wait4(child, 0)
    return {
        "code": os.waitstatus_to_exitcode(status),
        "seconds": time.monotonic() - started,
        "peak": usage.ru_maxrss * 1024,
        "steps": steps_done,
    }


def serve() -> None:
    """Load everything that commands need, then answer until the input ends.

    Commands see one processor: a copy of a process that has a pool of OpenMP threads waits for them for ever.
    """
    os.sched_getaffinity = lambda pid: {0}  # type: ignore[assignment]
    import barcodeembed.cli.program
    import barcodeembed.model.published.checkpoints
    import barcodeembed.workflows.audit
    import barcodeembed.workflows.classify
    import barcodeembed.workflows.embed
    import barcodeembed.workflows.index
    import barcodeembed.workflows.pretrain  # noqa: F401
    from barcodeembed.workflows import embedding
    from tests.small_blocks import SIZE

    embedding.BLOCK = SIZE
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)


if __name__ == "__main__":
    serve()
