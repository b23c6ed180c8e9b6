"""Several processes that train as one: who we are, sums over all, and waiting for each other. A single process needs
none of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import timedelta

import torch
import torch.distributed as dist
from torch import Tensor, nn

from barcodeembed.errors import UsageError, reason_of
from barcodeembed.model.launch import launch

PATIENCE = timedelta(hours=2)
"""Time that processes wait for the one that places the corpus or validates."""


@dataclass(frozen=True)
class Ranks:
    """This process among all that train together ("ranks" is the term of torch.distributed; ranks of taxa are
    ``RANKS``)."""

    rank: int = 0
    size: int = 1

    @property
    def is_first(self) -> bool:
        """Whether this is the process that writes files and messages."""
        return self.rank == 0

    def sum(self, values: Tensor) -> Tensor:
        """Return the sum over all processes, computed in place."""
        if self.size > 1:
            dist.all_reduce(values)
        return values

    def gather(self, rows: Tensor, part: slice, n_rows: int) -> Tensor:
        """Return all rows (n_rows, D) of a batch of which this process has the rows of ``part``.

        A gradient reaches only the process's own rows.
        """
        if self.size == 1:
            return rows
        whole = rows.new_zeros(n_rows, *rows.shape[1:])
        whole[part] = rows.detach()
        dist.all_reduce(whole)
        return torch.cat([whole[: part.start], rows, whole[part.stop :]])

    def wait(self) -> None:
        """Wait until all processes have come here."""
        if self.size > 1:
            dist.barrier()

    def share(self, n_rows: int) -> slice:
        """Return the rows of the batch that are this process's."""
        return slice(n_rows * self.rank // self.size, n_rows * (self.rank + 1) // self.size)

    def wrap(self, module: nn.Module, device: torch.device) -> nn.Module:
        """Return the module with a backward pass that averages gradients over all processes."""
        if self.size == 1:
            return module
        ids = [device.index or 0] if device.type == "cuda" else None
        return nn.parallel.DistributedDataParallel(
            module, device_ids=ids, broadcast_buffers=False, gradient_as_bucket_view=True
        )

    def no_sum(self, module: nn.Module) -> AbstractContextManager[object]:
        """Return a context in which gradients stay in this process, because more parts of the batch follow."""
        return module.no_sync() if isinstance(module, nn.parallel.DistributedDataParallel) else nullcontext()


def local_device(name: str) -> str:
    """Return the device of this process. With ``torchrun`` on GPUs, each process of a host has its own."""
    local = launch().local
    if local is None or name not in ("auto", "cuda") or not torch.cuda.is_available():
        return name
    return f"cuda:{local}"


@contextmanager
def joined(device: str) -> Iterator[Ranks]:
    """Join the processes that ``torchrun`` started, or this one alone.

    Raises
    ------
    UsageError
        if the environment tells of other processes that cannot be joined.
    """
    told = launch()
    if told.size == 1:
        yield Ranks()
        return
    on_gpu = device.startswith("cuda")
    try:
        if on_gpu:
            torch.cuda.set_device(torch.device(device))
        dist.init_process_group("nccl" if on_gpu else "gloo", timeout=PATIENCE)
    except (ValueError, RuntimeError) as error:
        what = f"WORLD_SIZE={told.size} tells of other processes, which cannot be joined ({reason_of(error)})"
        raise UsageError(f"{what}: start all with torchrun") from error
    try:
        yield Ranks(dist.get_rank(), told.size)
    finally:
        dist.destroy_process_group()
