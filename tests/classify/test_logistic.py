"""The logistic model: it finds what made its examples, and stays near its prior with few."""

import numpy as np
import pytest

from barcodeembed.classify.logistic import Logistic, fit_logistic


def test_logistic_finds_the_model_that_made_the_examples() -> None:
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(20_000, 3)) * [1, 10, 0.1] + [0, 5, 1]
    true = Logistic(0.5, (2.0, -0.1, 5.0))
    fitted = fit_logistic(inputs, rng.random(len(inputs)) < true(inputs), scale=np.array([1, 10, 0.1]))
    assert np.allclose(fitted.weights, true.weights, rtol=0.15)
    assert np.allclose(fitted(inputs), true(inputs), atol=0.04)


def test_logistic_of_separated_examples_stays_finite() -> None:
    inputs = np.linspace(-1, 1, 400)[:, None]
    fitted = fit_logistic(np.hstack([inputs, inputs**2]), inputs[:, 0] > 0)
    assert np.isfinite(fitted.weights).all()
    assert fitted(np.array([[0.5, 0.25]])) > 0.9
    assert fitted(np.array([[-0.5, 0.25]])) < 0.1


def test_few_examples_leave_the_prior_nearly_alone() -> None:
    prior = Logistic(-1.0, (3.0,))
    x = np.array([[0.0], [1.0], [-1.0]])
    assert fit_logistic(x[:0], np.zeros(0, dtype=bool), prior=prior) == prior
    near = fit_logistic(x, np.array([True, False, False]), prior=prior)
    assert abs(near.weights[0] - 3) < 1
    # Only right ones: surer, but not certain.
    assert prior(x)[0] < fit_logistic(x[:1], np.array([True]), prior=prior)(x)[0] < 0.9


def test_weights_count_as_shares() -> None:
    x = np.zeros((4, 1))
    fitted = fit_logistic(
        np.repeat(x, 500, axis=0), np.tile([True, False, False, False], 500), np.tile([3.0, 1, 1, 1], 500)
    )
    assert fitted(x)[0] == pytest.approx(0.5, abs=0.01)
