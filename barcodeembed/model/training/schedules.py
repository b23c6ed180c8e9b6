"""Schedules: the learning rate and the first beta of the optimiser at each step."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from barcodeembed.model.config import SCHEDULE_NAMES, TrainingConfig

ONE_CYCLE_START = 1 / 25
ONE_CYCLE_END = 1e-4
ONE_CYCLE_BETAS = (0.95, 0.85)
"""Defaults of PyTorch's ``OneCycleLR``, with which the published models were trained: first rate as a share of the
peak, last rate as a share of the first, and first beta at the lowest and at the peak rate."""


class Rates(NamedTuple):
    """Learning rate and first beta of one step."""

    learning_rate: float
    beta: float


def rise_end(config: TrainingConfig) -> float:
    """Return the step at which the rate has risen to its peak."""
    return config.warmup * config.steps if config.warmup < 1 else config.warmup


def fall_start(config: TrainingConfig) -> int:
    """Return the step from which the rate depends on the number of steps; before it the run may be made longer."""
    if config.schedule == "one_cycle" or 0 < config.warmup < 1:
        return 0
    return round(config.steps * (1 - config.decay))


def wsd(config: TrainingConfig, step: int) -> Rates:
    """Return the rates of warm-up, constant phase and linear fall to zero (Hu et al. 2024, "WSD"); the constant phase
    can be made longer."""
    peak, rise, start = config.learning_rate, rise_end(config), round(config.steps * (1 - config.decay))
    if step < rise:
        return Rates(peak * (step + 1) / max(rise, 1), config.betas[0])
    share = 1.0 if step < start else (config.steps - step) / (config.steps - start)
    return Rates(peak * share, config.betas[0])


def one_cycle(config: TrainingConfig, step: int) -> Rates:
    """Return the rates of half a cosine up and half a cosine down (Smith & Topin 2017), with the first beta
    opposite."""
    low, high = ONE_CYCLE_BETAS
    first = config.learning_rate * ONE_CYCLE_START
    up = rise_end(config) - 1
    if step <= up:
        done = step / up if up > 0 else 1.0
        return Rates(_cosine(first, config.learning_rate, done), _cosine(low, high, done))
    done = (step - up) / (config.steps - 1 - up)
    return Rates(_cosine(config.learning_rate, first * ONE_CYCLE_END, done), _cosine(high, low, done))


def _cosine(start: float, end: float, done: float) -> float:
    return end + (start - end) * (1 + math.cos(math.pi * min(done, 1.0))) / 2


SCHEDULES: dict[str, Callable[[TrainingConfig, int], Rates]] = dict(zip(SCHEDULE_NAMES, (wsd, one_cycle), strict=True))
