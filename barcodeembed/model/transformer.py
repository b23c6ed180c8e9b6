"""The transformer: attention, block, and stack of blocks.

Letters in shapes: B barcodes, L tokens, D width, H heads.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Attention(nn.Module):
    """Multi-head self-attention over token vectors (B, L, D)."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor, allowed: Tensor | None, last: int | None = None) -> Tensor:
        """Return what tokens see, (B, L, D).

        ``allowed`` is bool, broadcastable to (B, H, L, L): True where a token may look; None: everywhere. With
        ``last``, only the last tokens look, and (B, last, D) is returned.
        """
        batch, length, width = x.shape
        if last is None:
            qkv = self.qkv(x)
            if qkv.device.type == "cpu":
                qkv = qkv.float()  # as attend() needs them there: faster in one piece than head by head
            q, k, v = qkv.view(batch, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        else:
            weight, bias = self.qkv.weight, self.qkv.bias
            q = F.linear(x[:, length - last :], weight[:width], bias[:width])
            kv = F.linear(x, weight[width:], bias[width:])
            q = q.view(batch, last, self.heads, -1).transpose(1, 2)
            k, v = kv.view(batch, length, 2, self.heads, -1).permute(2, 0, 3, 1, 4)
        x = attend(q, k, v, allowed)  # (B, H, L, D/H)
        return self.out(x.transpose(1, 2).reshape(batch, -1, width))


def attend(q: Tensor, k: Tensor, v: Tensor, allowed: Tensor | None) -> Tensor:
    """Return the scaled dot-product attention of queries, keys and values (B, H, L, D/H), on a CPU always in single
    precision.

    On a CPU the gradient of PyTorch's attention takes six times as long in bfloat16 as in single precision (version
    2.13).
    """
    if q.device.type != "cpu":
        return F.scaled_dot_product_attention(q, k, v, attn_mask=allowed)
    with torch.autocast("cpu", enabled=False):
        return F.scaled_dot_product_attention(q.float(), k.float(), v.float(), attn_mask=allowed)


class Block(nn.Module):
    """Attention and feed-forward layer, each with a residual path.

    ``post`` normalises after each sum, as BERT does (Devlin et al. 2019); ``pre`` normalises before each branch, which
    trains at higher rates without trouble (Xiong et al. 2020).
    """

    def __init__(self, width: int, heads: int, feedforward: int, norm: str, epsilon: float) -> None:
        super().__init__()
        self.pre = norm == "pre"
        self.attention = Attention(width, heads)
        self.norm1 = nn.LayerNorm(width, eps=epsilon)
        self.up = nn.Linear(width, feedforward)
        self.down = nn.Linear(feedforward, width)
        self.norm2 = nn.LayerNorm(width, eps=epsilon)

    def forward(self, x: Tensor, allowed: Tensor | None, last: int | None = None) -> Tensor:
        """Return (B, L, D), or (B, last, D) of the last tokens only."""
        kept = x if last is None else x[:, x.shape[1] - last :]
        if self.pre:
            x = kept + self.attention(self.norm1(x), allowed, last)
            return x + self.down(F.gelu(self.up(self.norm2(x))))
        x = self.norm1(kept + self.attention(x, allowed, last))
        return self.norm2(x + self.down(F.gelu(self.up(x))))


class Transformer(nn.Module):
    """A stack of blocks, with a norm before it (BERT's) or after it (ours).

    In a ``causal`` stack a token looks at itself and at the tokens before it in the row.
    """

    def __init__(
        self, width: int, layers: int, heads: int, feedforward: int, norm: str, epsilon: float, causal: bool = False
    ) -> None:
        super().__init__()
        self.pre = norm == "pre"
        self.causal = causal
        self.blocks = nn.ModuleList(Block(width, heads, feedforward, norm, epsilon) for _ in range(layers))
        self.norm = nn.LayerNorm(width, eps=epsilon)

    def forward(self, x: Tensor, mask: Tensor | None, last: int | None = None) -> Tensor:
        """Return (B, L, D), or with ``last`` (B, last, D), in which case the final block computes no others.

        ``mask`` is (B, L): True for a real token; None: all are real.
        """
        allowed = None if mask is None else mask[:, None, None, :]
        if self.causal:
            allowed = causal_mask(x.shape[1], x.device, allowed)
        if not self.pre:
            x = self.norm(x)
        for block in self.blocks[:-1]:
            x = block(x, allowed)
        x = self.blocks[-1](x, allowed, last)
        return self.norm(x) if self.pre else x


def causal_mask(length: int, device: torch.device, real: Tensor | None) -> Tensor:
    """Return bool, broadcastable to (B, H, L, L): each token may see real tokens up to itself, and always itself.

    ``real`` is bool, broadcastable to the same.
    """
    before = torch.ones(length, length, dtype=torch.bool, device=device).tril()
    if real is None:
        return before
    return before & real | torch.eye(length, dtype=torch.bool, device=device)


def initialise(module: nn.Module) -> None:
    """Draw weights from a normal distribution of standard deviation 0.02 and set biases to zero, as BERT does; for
    ``module.apply``."""
    if isinstance(module, nn.Linear):
        nn.init.normal_(module.weight, std=0.02)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    elif isinstance(module, nn.Embedding):
        nn.init.normal_(module.weight, std=0.02)


def masked_mean(hidden: Tensor, mask: Tensor | None) -> Tensor:
    """Return the mean (B, D) of the real tokens of (B, L, D)."""
    if mask is None:
        return hidden.mean(dim=1)
    weight = mask.unsqueeze(-1).to(hidden.dtype)
    return (hidden * weight).sum(dim=1) / weight.sum(dim=1).clamp(min=1)


def sample_seeded(seed: int, step: int) -> torch.Generator:
    """Return a random generator for one training step. It depends on seed and step alone, so that a run can be
    resumed."""
    return torch.Generator().manual_seed(seed * 1_000_003 + step)
