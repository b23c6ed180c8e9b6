"""``barcodeembed pretrain``: barcodes in, an encoder out.

read -> place once into a memory-mapped corpus -> objective -> steps (JSON lines) -> whole state in
checkpoints -> projection fitted on the corpus -> the encoder alone, as a model file.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from barcodeembed import __version__
from barcodeembed.errors import InputError, UsageError
from barcodeembed.model.checkpoint import Checkpoint
from barcodeembed.model.config import ModelConfig, TrainingConfig, check_names
from barcodeembed.model.embedder import choose_device, on_device
from barcodeembed.model.encoder import BarcodeEncoder
from barcodeembed.model.objectives import make_objective
from barcodeembed.model.training import STATE_FILE, Step, Trainer
from barcodeembed.model.whitening import fit_projection
from barcodeembed.sequences.anchor import shipped_anchor
from barcodeembed.sequences.corpus import PlacedCorpus, build_corpus
from barcodeembed.sequences.readers import read_barcodes
from barcodeembed.workflows.interrupts import StopSignal

SETTINGS_FILE = "settings.json"

MIN_COLUMNS = 200
"""Columns that a barcode of the corpus must cover."""


@dataclass(frozen=True)
class RunConfig:
    """Everything of a run: read from TOML, saved with the weights."""

    model: ModelConfig
    training: TrainingConfig

    @classmethod
    def make(cls, path: Path | None, overrides: Mapping[str, Any], directory: Path, resume: bool) -> RunConfig:
        """Settings of the TOML file's tables ``[model]`` and ``[training]``, then of the command line.

        ``overrides`` are training settings; None means not given. A resumed run starts from the settings that
        it was begun with.

        Raises
        ------
        InputError
            if the file is not TOML.
        UsageError
            for an unknown table or setting, or a value that is not allowed.
        """
        saved = directory / SETTINGS_FILE
        tables: dict[str, Any] = json.loads(saved.read_text()) if resume and saved.exists() else {}
        if path:
            try:
                tables = tomllib.loads(path.read_text(encoding="utf-8"))
            except (OSError, ValueError) as error:
                raise InputError(f"not a TOML file ({error})", path=path) from error
        if unknown := sorted(set(tables) - {"model", "training"}):
            raise UsageError(f"{path}: unknown table [{unknown[0]}], choose from [model], [training]")
        given = {name: value for name, value in overrides.items() if value is not None}
        return cls(
            ModelConfig.from_dict(tables.get("model", {})),
            TrainingConfig.from_dict({**tables.get("training", {}), **given}),
        )

    def save(self, directory: Path) -> None:
        """Write the settings beside the run's state."""
        tables = {"model": self.model.to_dict(), "training": self.training.to_dict()}
        (directory / SETTINGS_FILE).write_text(json.dumps(tables, indent=1) + "\n")


def check_run(config: RunConfig, directory: Path, *, device: str, resume: bool) -> None:
    """Everything that can be known to be wrong before barcodes are read: it is cheap, reading them is not.

    Raises
    ------
    UsageError, DeviceError
        for settings that make no model, a device that isn't there, or an unfinished run in the way.
    """
    check_names(device, "auto")
    choose_device(device)
    with on_device("meta"):
        make_objective(BarcodeEncoder(config.model), config.training)
    if (directory / STATE_FILE).exists() and not resume:
        raise UsageError(f"{directory} holds a run: go on with --resume, or give another folder to --run")


def prepare_corpus(
    inputs: Sequence[str | Path],
    directory: Path,
    *,
    profile: str,
    resume: bool,
    on_progress: Callable[[int], None],
) -> PlacedCorpus:
    """The placed corpus of a run: made anew, or opened if the run is resumed.

    Raises
    ------
    InputError
        if the inputs cannot be read, or nothing of them can be placed.
    """
    if resume and (directory / "corpus.json").exists():
        return PlacedCorpus.open(directory)
    return build_corpus(
        read_barcodes(inputs), shipped_anchor(profile), directory, min_columns=MIN_COLUMNS, progress=on_progress
    )


def pretrain(
    config: RunConfig,
    corpus: PlacedCorpus,
    directory: Path,
    *,
    device: str,
    resume: bool,
    on_step: Callable[[Step], None] = lambda step: None,
) -> Trainer:
    """Train to ``config.training.steps``; one JSON line a step goes to ``directory/log.jsonl``.

    Raises
    ------
    MismatchError
        if the state was made with other settings.
    TrainingError
        if the loss is not finite.
    Terminated
        after SIGTERM, with the state saved.
    """
    trainer = Trainer(config.model, config.training, corpus, directory, choose_device(device)[0])
    if resume and trainer.state_file.exists():
        trainer.resume()
    config.save(directory)
    log_file = directory / "log.jsonl"
    _cut_log(log_file, trainer.step)
    with StopSignal() as stop, log_file.open("a", encoding="utf-8") as log:
        for step in trainer.run():
            print(json.dumps({k: v for k, v in asdict(step).items() if v is not None}), file=log, flush=True)
            on_step(step)
            if stop.received:
                trainer.save()
                stop.check(f"the state of step {trainer.step:,} is kept in {directory}, run again with --resume")
    return trainer


def export(trainer: Trainer, output: Path, *, dim: int, origin: Mapping[str, Any]) -> Checkpoint:
    """Fit the projection to ``dim`` (0: none) on the corpus and write the encoder alone, in half precision."""
    encoder = trainer.objective.encoder.cpu().eval()
    if dim:
        encoder = fit_projection(encoder, trainer.corpus, dim)
    checkpoint = Checkpoint.of(
        encoder,
        {
            "tool_version": __version__,
            "objective": trainer.config.objective,
            "steps": trainer.step,
            "training": trainer.config.to_dict(),
            "corpus": trainer.corpus.summary,
            **origin,
        },
        half=True,
    )
    checkpoint.save(output)
    return checkpoint


def _cut_log(path: Path, steps: int) -> None:
    """Drop the lines of steps that a killed run did after its last checkpoint: they will be done again."""
    if path.exists():
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        path.write_text("".join(lines[:steps]), encoding="utf-8")


def plot_curves(log_file: Path, image: Path) -> bool:
    """Loss and accuracy by step as a PNG; False if matplotlib (the extra ``plots``) is not installed."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return False
    steps = [json.loads(line) for line in log_file.read_text(encoding="utf-8").splitlines()]
    validated = [step for step in steps if "validation_loss" in step]
    figure = Figure(figsize=(10, 4), layout="constrained")
    for axis, name in zip(figure.subplots(1, 2), ("loss", "accuracy"), strict=True):
        window = max(1, len(steps) // 200)
        means = [
            sum(step[name] for step in steps[i : i + window]) / len(steps[i : i + window])
            for i in range(0, len(steps), window)
        ]
        axis.plot([steps[i]["step"] for i in range(0, len(steps), window)], means, label="training")
        axis.plot(
            [s["step"] for s in validated],
            [s[f"validation_{name}"] for s in validated],
            "o-",
            label="held out",
        )
        axis.set(xlabel="step", ylabel="loss (nats a base)" if name == "loss" else "masked bases right")
        axis.legend()
    figure.savefig(image, dpi=150)
    return True
