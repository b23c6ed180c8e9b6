"""The transformer: attention, block, stack. Shapes: B barcodes, L tokens, D width, H heads."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Attention(nn.Module):
    """Multi-head self-attention over (B, L, D)."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor, allowed: Tensor | None, last: int | None = None) -> Tensor:
        """``allowed``: bool, broadcastable to (B, H, L, L), True where a token may look; None: everywhere.

        With ``last`` only the last tokens look: (B, last, D) comes back.
        """
        batch, length, width = x.shape
        if last is None:
            q, k, v = self.qkv(x).view(batch, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        else:
            weight, bias = self.qkv.weight, self.qkv.bias
            q = F.linear(x[:, length - last :], weight[:width], bias[:width])
            kv = F.linear(x, weight[width:], bias[width:])
            q = q.view(batch, last, self.heads, -1).transpose(1, 2)
            k, v = kv.view(batch, length, 2, self.heads, -1).permute(2, 0, 3, 1, 4)
        x = attend(q, k, v, allowed)  # (B, H, L, D/H)
        return self.out(x.transpose(1, 2).reshape(batch, -1, width))


def attend(q: Tensor, k: Tensor, v: Tensor, allowed: Tensor | None) -> Tensor:
    """Scaled dot-product attention of queries, keys and values (B, H, L, D/H); on a CPU always in single precision.

    There PyTorch's gradient of attention takes six times as long in bfloat16 as in single precision (2.13).
    """
    if q.device.type != "cpu":
        return F.scaled_dot_product_attention(q, k, v, attn_mask=allowed)
    with torch.autocast("cpu", enabled=False):
        return F.scaled_dot_product_attention(q.float(), k.float(), v.float(), attn_mask=allowed)


class Block(nn.Module):
    """Attention and feed-forward, each with a residual path.

    ``post`` normalises after each sum, as BERT does (Devlin et al. 2019); ``pre`` before each branch, which
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
        """(B, L, D) -> (B, L, D), or (B, last, D) of the last tokens only."""
        kept = x if last is None else x[:, x.shape[1] - last :]
        if self.pre:
            x = kept + self.attention(self.norm1(x), allowed, last)
            return x + self.down(F.gelu(self.up(self.norm2(x))))
        x = self.norm1(kept + self.attention(x, allowed, last))
        return self.norm2(x + self.down(F.gelu(self.up(x))))


class Transformer(nn.Module):
    """A stack of blocks with the norm that its kind needs: BERT's before the stack, ours after it.

    In a ``causal`` stack a token looks at itself and at those before it in the row.
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
        """(B, L, D) -> (B, L, D), or with ``last`` (B, last, D): the final block computes no others.

        ``mask`` (B, L): True for a real token; None: all are.
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
    """Bool, broadcastable to (B, H, L, L): each token may see real ones up to itself, and always itself.

    ``real``: bool, broadcastable to the same.
    """
    before = torch.ones(length, length, dtype=torch.bool, device=device).tril()
    if real is None:
        return before
    return before & real | torch.eye(length, dtype=torch.bool, device=device)


def initialise(module: nn.Module) -> None:
    """Normal weights of standard deviation 0.02 and zero biases, as BERT's; for ``module.apply``."""
    if isinstance(module, nn.Linear):
        nn.init.normal_(module.weight, std=0.02)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    elif isinstance(module, nn.Embedding):
        nn.init.normal_(module.weight, std=0.02)


def masked_mean(hidden: Tensor, mask: Tensor | None) -> Tensor:
    """Mean (B, D) of the real tokens of (B, L, D)."""
    if mask is None:
        return hidden.mean(dim=1)
    weight = mask.unsqueeze(-1).to(hidden.dtype)
    return (hidden * weight).sum(dim=1) / weight.sum(dim=1).clamp(min=1)


def sample_seeded(seed: int, step: int) -> torch.Generator:
    """A generator for one training step: what it draws depends on seed and step alone, so a run resumes."""
    return torch.Generator().manual_seed(seed * 1_000_003 + step)
