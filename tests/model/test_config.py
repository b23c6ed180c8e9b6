import pytest

from barcodeembed.errors import UsageError
from barcodeembed.model.config import ModelConfig, TrainingConfig


def test_round_trip() -> None:
    config = TrainingConfig(visible=(0.3, 0.5))
    assert TrainingConfig.from_dict({**config.to_dict(), "visible": [0.3, 0.5]}) == config
    assert ModelConfig.from_dict(ModelConfig(width=64).to_dict()) == ModelConfig(width=64)


@pytest.mark.parametrize(
    ("config", "values", "message"),
    [
        (ModelConfig, {"heads": 5}, "heads = 5: must be a divisor of width"),
        (ModelConfig, {"pooling": "max"}, "must be mean or regions"),
        (ModelConfig, {"depth": 5}, "unknown setting 'depth', choose from"),
        (TrainingConfig, {"visible": ()}, "visible"),
        (TrainingConfig, {"visible": (1.5,)}, "visible"),
        (TrainingConfig, {"steps": 0}, "steps = 0: must be a positive"),
        (TrainingConfig, {"batch_size": 10**10}, "batch_size = 10000000000: must be at most 1,048,576"),
        (TrainingConfig, {"labels_batch": 10**10}, "labels_batch = 10000000000: must be at most"),
        (ModelConfig, {"layers": 10**9}, "layers = 1000000000: must be at most 1,024"),
    ],
)
def test_what_is_not_allowed_is_named(config, values, message) -> None:
    with pytest.raises(UsageError, match=message):
        config.from_dict(values)


def test_whole_numbers_stand_for_fractions() -> None:
    """Of two betas PyTorch takes both as fractions, or neither."""
    config = TrainingConfig.from_dict({"betas": [0, 0.9], "weight_decay": 0})
    assert all(type(value) is float for value in (*config.betas, config.weight_decay))
