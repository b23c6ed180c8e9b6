"""Runs command lines in copies of one warm process: 20 ms each in place of seconds, and each may crash alone.

Reads one JSON object a line (``args``, ``folder``) and answers with one (``code``, ``err``, ``seconds``, ``peak``).
"""

import json
import os
import resource
import signal
import sys
import time
from typing import Any

LIMIT = 60
DATA_BYTES = 4 << 30


def run(args: list[str], folder: str) -> int:
    """One command, in the child."""
    os.chdir(folder)
    resource.setrlimit(resource.RLIMIT_DATA, (DATA_BYTES, DATA_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.alarm(LIMIT)
    null, err = os.open(os.devnull, os.O_RDWR), os.open("stderr.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
    for number, handle in enumerate((null, null, err)):
        os.dup2(handle, number)
    sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w", buffering=1)  # noqa: SIM115
    from barcodeembed.cli.app import main

    code = main(args)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    return code


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Run a command in a child and tell what became of it; a negative code is a signal."""
    started = time.monotonic()
    child = os.fork()
    if child == 0:
        code = 70
        try:
            code = run(request["args"], request["folder"])
        except SystemExit as stop:
            code = int(stop.code or 0)
        except BaseException:
            import traceback

            traceback.print_exc()
        finally:
            os._exit(code)
    _, status, usage = os.wait4(child, 0)
    return {
        "code": os.waitstatus_to_exitcode(status),
        "seconds": time.monotonic() - started,
        "peak": usage.ru_maxrss * 1024,
    }


def serve() -> None:
    """Load everything that commands need, then answer until the input ends."""
    import barcodeembed.cli.commands
    import barcodeembed.model.published.checkpoints
    import barcodeembed.workflows.audit
    import barcodeembed.workflows.classify
    import barcodeembed.workflows.embed
    import barcodeembed.workflows.index
    import barcodeembed.workflows.pretrain  # noqa: F401

    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)


if __name__ == "__main__":
    serve()
