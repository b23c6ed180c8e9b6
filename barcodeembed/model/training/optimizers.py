"""Optimisers of a run: AdamW for every weight, or Muon for the matrices of the blocks and AdamW for the rest."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

from barcodeembed.model.config import TrainingConfig
from barcodeembed.model.transformer import Block

MOMENTUM = 0.95
"""Momentum of Muon (Jordan et al. 2024)."""

MATCHED_SIZE = 0.2
"""An orthogonal step is scaled to the root mean square of a step of AdamW, about 0.2 (Liu et al. 2025, "Muon is
scalable for LLM training"), so that rates and decay mean the same for both."""

OTHERS_RATE = 0.35
"""Rate of AdamW as a share of Muon's when both are used (7e-4 beside 2e-3): see docs/experiments.md, "Muon or
AdamW?"."""

_NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)
_NEWTON_SCHULZ_STEPS = 5
"""Number of steps of the iteration, and its coefficients, from Jordan et al. 2024."""


class Muon(torch.optim.Optimizer):
    """An optimiser with momentum whose steps are made orthogonal: all directions of a matrix move by the same amount.

    Matrices of one shape are made orthogonal together, in the precision of the run. PyTorch's optimiser of the same
    name takes them one by one and always in bfloat16, which on a CPU without it takes forty times as long. Weight decay
    is that of AdamW, apart from the gradient.
    """

    def __init__(
        self, parameters: Iterable[Any], lr: float, weight_decay: float, dtype: torch.dtype = torch.float32
    ) -> None:
        super().__init__(parameters, {"lr": lr, "weight_decay": weight_decay})
        self.dtype = dtype

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Move every matrix that has a gradient."""
        for group in self.param_groups:
            of_one_shape: dict[tuple[int, ...], list[tuple[Tensor, Tensor]]] = {}
            for weight in group["params"]:
                if weight.grad is None:
                    continue
                state = self.state[weight]
                if not state:
                    state["momentum"] = torch.zeros_like(weight)
                state["momentum"].lerp_(weight.grad, 1 - MOMENTUM)
                wanted = weight.grad.lerp(state["momentum"], MOMENTUM)
                weight.mul_(1 - group["lr"] * group["weight_decay"])
                for part, change in zip(_squarish(weight), _squarish(wanted), strict=True):
                    of_one_shape.setdefault(tuple(part.shape), []).append((part, change))
            for shape, pairs in of_one_shape.items():
                changes = orthogonal(torch.stack([change for _, change in pairs]), self.dtype)
                for (part, _), change in zip(pairs, changes, strict=True):
                    part.add_(change, alpha=-group["lr"] * MATCHED_SIZE * max(shape) ** 0.5)


def orthogonal(matrices: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
    """Return matrices (n, M, N) with all singular values brought near 1, by the iteration of Newton and Schulz.

    ``dtype`` is the type that the iteration computes in; the result has the type of ``matrices``.
    """
    a, b, c = _NEWTON_SCHULZ
    tall = matrices.shape[1] > matrices.shape[2]
    x = matrices.mT if tall else matrices
    x = (x / (x.float().norm(dim=(1, 2), keepdim=True) + 1e-7)).to(dtype)
    for _ in range(_NEWTON_SCHULZ_STEPS):
        gram = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return (x.mT if tall else x).to(matrices.dtype)


def _squarish(matrix: Tensor) -> tuple[Tensor, ...]:
    """Return the maps in a matrix. Query, key and value are three maps in one matrix (3 D, D), and each is made
    orthogonal by itself."""
    return matrix.chunk(3) if matrix.shape[0] == 3 * matrix.shape[1] else (matrix,)


class Optimizers:
    """One or two optimisers that are stepped, saved and loaded as one."""

    def __init__(self, module: nn.Module, config: TrainingConfig, half: bool = False) -> None:
        """Make the optimisers. ``half`` says that the run computes in bfloat16; weights and state stay in single
        precision."""
        matrices = _block_matrices(module) if config.optimizer == "muon" else []
        groups = parameter_groups(module, config, without=matrices)
        adamw = torch.optim.AdamW(groups, lr=config.learning_rate, betas=config.betas, fused=True)
        self.parts: dict[str, torch.optim.Optimizer] = {"adamw": adamw}
        self.shares = {"adamw": OTHERS_RATE if matrices else 1.0, "muon": 1.0}
        if matrices:
            self.parts["muon"] = Muon(
                matrices, config.learning_rate, config.weight_decay, torch.bfloat16 if half else torch.float32
            )

    def set_rates(self, learning_rate: float, betas: tuple[float, float]) -> None:
        """Set the rate of the next step, and AdamW's betas."""
        for name, part in self.parts.items():
            for group in part.param_groups:
                group["lr"] = learning_rate * self.shares[name]
        for group in self.parts["adamw"].param_groups:
            group["betas"] = betas

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for part in self.parts.values():
            part.zero_grad(set_to_none=True)

    def step(self) -> None:
        """Move the weights."""
        for part in self.parts.values():
            part.step()

    def state_dict(self) -> dict[str, Any]:
        """Return the state of all parts, by name."""
        return {name: part.state_dict() for name, part in self.parts.items()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Load what :meth:`state_dict` returned."""
        for name, part in self.parts.items():
            part.load_state_dict(state[name])


def parameter_groups(
    module: nn.Module, config: TrainingConfig, without: Iterable[nn.Parameter] = ()
) -> list[dict[str, Any]]:
    """Return parameter groups: decay for the matrices of linear layers, none for biases, norms and tables; or decay for
    all."""
    decayed = {id(m.weight) for m in module.modules() if isinstance(m, nn.Linear)}
    left_out = {id(p) for p in without}
    parameters = [p for p in module.parameters() if p.requires_grad and id(p) not in left_out]
    if config.decay_all:
        return [{"params": parameters, "weight_decay": config.weight_decay}]
    return [
        {"params": [p for p in parameters if id(p) in decayed], "weight_decay": config.weight_decay},
        {"params": [p for p in parameters if id(p) not in decayed], "weight_decay": 0.0},
    ]


def _block_matrices(module: nn.Module) -> list[nn.Parameter]:
    """Return the weights of the linear layers within blocks; embeddings and heads do better with AdamW."""
    layers = (layer for block in module.modules() if isinstance(block, Block) for layer in block.modules())
    inside = {id(layer.weight) for layer in layers if isinstance(layer, nn.Linear)}
    return [parameter for parameter in module.parameters() if id(parameter) in inside]
