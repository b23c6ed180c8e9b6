"""Logistic regression with weighted examples and a penalty that keeps it near known coefficients."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RIDGE = 1.0
"""Weight of the penalty on the squared differences from the coefficients of the prior, with inputs in units of their
scale. A few examples then move the model little, and hundreds move it as far as they need."""

_ROUNDS = 100
_LIMIT = 30.0  # logits beyond this are the same probability


@dataclass(frozen=True)
class Logistic:
    """A fitted model: ``probability = 1 / (1 + exp(-(bias + x . weights)))``."""

    bias: float
    weights: tuple[float, ...]

    def logit(self, inputs: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the log-odds (n,) of inputs (n, F), between -30 and 30."""
        # No matrix product: its last bit depends on which other rows are in the batch.
        products = np.multiply(inputs, self.weights, order="C")
        return np.clip(self.bias + products.sum(axis=1), -_LIMIT, _LIMIT)

    def __call__(self, inputs: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the probabilities (n,) of inputs (n, F)."""
        return 1 / (1 + np.exp(-self.logit(inputs)))


def fit_logistic(
    inputs: NDArray[np.float64],
    right: NDArray[np.bool_],
    weights: NDArray[np.float64] | None = None,
    prior: Logistic | None = None,
    scale: NDArray[np.float64] | None = None,
) -> Logistic:
    """Fit a model to n examples by Newton's method with step halving.

    Parameters
    ----------
    inputs
        float64 (n, F).
    right
        bool (n,): the outcome of each example.
    weights
        float64 (n,): relative weights; together they count as many examples as their spread leaves of n (Kish's
        effective number). Default: all alike.
    prior
        the model that coefficients are held to; without any example it is returned as it is. Default: all zero.
    scale
        float64 (F,): how much each input usually differs. Default: 1. The spread of the examples themselves will not
        do: if they hardly differ, coefficients would grow without bounds.
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
    """Return the weighted negative log likelihood plus the penalty."""
    logit = x @ beta
    return float(weight @ (np.logaddexp(0, logit) - logit * right) + RIDGE / 2 * ((beta - start) ** 2).sum())
