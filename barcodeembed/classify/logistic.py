"""Logistic regression, as small as calibration needs it: few inputs, weighted examples, held near what is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RIDGE = 1.0
"""Weight of the penalty on squared differences from the prior's coefficients, of inputs in units of their scale: a
few examples move the model little, hundreds as far as they need."""

_ROUNDS = 100
_LIMIT = 30.0  # logits beyond this are the same probability


@dataclass(frozen=True)
class Logistic:
    """``probability = 1 / (1 + exp(-(bias + x . weights)))``."""

    bias: float
    weights: tuple[float, ...]

    def logit(self, inputs: NDArray[np.float64]) -> NDArray[np.float64]:
        """Log-odds (n,) of inputs (n, F)."""
        # Row by row: the last bit of a matrix product depends on which other rows are in the batch.
        products = np.multiply(inputs, self.weights, order="C")
        return np.clip(self.bias + products.sum(axis=1), -_LIMIT, _LIMIT)

    def __call__(self, inputs: NDArray[np.float64]) -> NDArray[np.float64]:
        """Probabilities (n,) of inputs (n, F)."""
        return 1 / (1 + np.exp(-self.logit(inputs)))


def fit_logistic(
    inputs: NDArray[np.float64],
    right: NDArray[np.bool_],
    weights: NDArray[np.float64] | None = None,
    prior: Logistic | None = None,
    scale: NDArray[np.float64] | None = None,
) -> Logistic:
    """Fit n examples (n, F) by Newton's method with step halving; with no example it is the prior.

    ``weights`` (n,) are relative; together they count as many examples as their spread leaves of n (Kish's
    effective number). ``prior`` is what coefficients are held to; by default zero. ``scale`` (F,) is by how much inputs
    differ as a rule; by default by 1. That of the examples won't do: where they hardly differ, it would let the
    coefficients grow without bounds.
    """
    prior = prior or Logistic(0.0, (0.0,) * inputs.shape[1])
    if not len(inputs):
        return prior
    weight = np.ones(len(inputs)) if weights is None else weights
    weight = weight * weight.sum() / (weight**2).sum()
    mean = np.average(inputs, axis=0, weights=weight)
    spread = np.ones(inputs.shape[1]) if scale is None else scale
    x = np.column_stack([np.ones(len(inputs)), (inputs - mean) / spread])
    known = np.array(prior.weights)
    start = np.concatenate([[prior.bias + mean @ known], known * spread])
    beta = start.copy()
    loss = _loss(x, right, weight, beta, start)
    for _ in range(_ROUNDS):
        p = 1 / (1 + np.exp(-np.clip(x @ beta, -_LIMIT, _LIMIT)))
        gradient = x.T @ (weight * (right - p)) - RIDGE * (beta - start)
        hessian = (x * (weight * p * (1 - p))[:, None]).T @ x + RIDGE * np.eye(len(beta))
        step = np.linalg.solve(hessian, gradient)
        # A full step may jump over the best place where the outcomes are nearly separated.
        while (new := _loss(x, right, weight, beta + step, start)) > loss and np.abs(step).max() > 1e-8:
            step /= 2
        if np.abs(step).max() < 1e-7:
            break
        beta, loss = beta + step, new
    scaled = beta[1:] / spread
    return Logistic(float(beta[0] - scaled @ mean), tuple(float(w) for w in scaled))


def _loss(
    x: NDArray[np.float64],
    right: NDArray[np.bool_],
    weight: NDArray[np.float64],
    beta: NDArray[np.float64],
    start: NDArray[np.float64],
) -> float:
    logit = x @ beta
    return float(weight @ (np.logaddexp(0, logit) - logit * right) + RIDGE / 2 * ((beta - start) ** 2).sum())
