"""What ``torchrun`` tells each process that it starts, by environment variables. Other launchers and users set some of
the same variables, so that they count only together. No torch here: the command line asks before it loads."""

from __future__ import annotations

import os
from dataclasses import dataclass

from barcodeembed.errors import UsageError

_NAMES = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT")


@dataclass(frozen=True)
class Launch:
    """The number of this process, the number of all, and the number of this one on its host."""

    rank: int = 0
    size: int = 1
    local: int | None = None

    @property
    def is_first(self) -> bool:
        """Whether this is the process that writes."""
        return self.rank == 0


def launch() -> Launch:
    """Return what torchrun has told this process; that it is alone, if torchrun did not start it.

    Raises
    ------
    UsageError
        if what torchrun tells is not complete, or if ``WORLD_SIZE`` tells of other processes, but torchrun started
        none: each would be the whole run.
    """
    told = {name: os.environ.get(name, "") for name in _NAMES}
    if "TORCHELASTIC_RUN_ID" not in os.environ:
        if told["WORLD_SIZE"] not in ("", "1"):
            what = f"WORLD_SIZE={told['WORLD_SIZE']} tells of other processes, but torchrun did not start this one"
            raise UsageError(f"{what}: start all with torchrun, or unset WORLD_SIZE")
        return Launch()
    try:
        rank, size, local = (int(told[name]) for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK"))
    except ValueError:
        rank = size = local = -1
    if not (0 <= local <= rank < size and told["MASTER_ADDR"] and told["MASTER_PORT"]):
        said = ", ".join(f"{name}={value}" for name, value in told.items() if value) or "nothing more"
        raise UsageError(
            f"TORCHELASTIC_RUN_ID is set, but with {said} no process can be joined: start all with torchrun, "
            "or unset TORCHELASTIC_RUN_ID"
        )
    return Launch(rank, size, local)
