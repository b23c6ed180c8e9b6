"""``barcodeembed pretrain``: from barcodes to an encoder.

read -> place once into a memory-mapped corpus -> objective -> steps (JSON lines) -> checkpoints of the whole state ->
projection fitted on the corpus -> the encoder alone, as a model file.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from barcodeembed.errors import InputError, MismatchError, Terminated, UsageError
from barcodeembed.model.checkpoint import Checkpoint
from barcodeembed.model.config import check_names
from barcodeembed.model.embedder import choose_device, on_device
from barcodeembed.model.encoder import BarcodeEncoder
from barcodeembed.model.training.distributed import Ranks, joined, local_device
from barcodeembed.model.training.loop import STATE_FILE, Step, Trainer, starting_model
from barcodeembed.model.training.objectives import make_objective
from barcodeembed.outputs.identity import open_own
from barcodeembed.sequences.barcode import Barcode
from barcodeembed.sequences.corpus import SUMMARY_FILE, PlacedCorpus, build_corpus
from barcodeembed.sequences.formats.files import is_stream
from barcodeembed.sequences.formats.readers import read_barcodes
from barcodeembed.sequences.formats.sources import ReadCounts
from barcodeembed.sequences.formats.taxonomy_files import read_taxonomy
from barcodeembed.sequences.names.cleaning import clean_lineage
from barcodeembed.sequences.placement.anchor import shipped_anchor
from barcodeembed.version import __version__
from barcodeembed.workflows.interrupts import StopSignal
from barcodeembed.workflows.manifest import file_record
from barcodeembed.workflows.pretraining.curves import cut_log, plot_curves
from barcodeembed.workflows.pretraining.genus_probe import GenusProbe
from barcodeembed.workflows.pretraining.run_folder import (
    CURVES_FILE,
    LOG_FILE,
    check_run_folder,
    forget,
    has_written,
    run_files,
)
from barcodeembed.workflows.pretraining.settings import RunConfig

__all__ = [
    "CURVES_FILE",
    "LOG_FILE",
    "GenusProbe",
    "Ranks",
    "RunConfig",
    "check_run",
    "export",
    "forget",
    "has_written",
    "joined",
    "local_device",
    "make_probe",
    "prepare_corpus",
    "pretrain",
    "run_files",
]

MIN_COLUMNS = 200
"""Least number of columns that a barcode of the corpus must cover."""

_ALONE = Ranks()


def check_run(config: RunConfig, directory: Path, *, device: str, resume: bool, dim: int = 0) -> None:
    """Check everything that can be known to be wrong before barcodes are read: this is quick, and reading them is not.

    Raises
    ------
    UsageError, DeviceError
        for settings that make no model, a device that does not exist, an unfinished run in the way, or a width that
        the teacher's vectors do not have.
    ModelFileError, MismatchError
        if the model to start from cannot be read, or has another shape.
    """
    check_names(device, "auto")
    choose_device(device)
    with on_device("meta"):
        widest = make_objective(BarcodeEncoder(config.model), config.training).taught_dim
    if widest and not 0 < dim <= widest:
        raise UsageError(f"--dim {dim}: the teacher's vectors have {widest} numbers, choose 1 to {widest}")
    if not config.model.profile:
        raise UsageError("profile = '': pretraining places barcodes, name the profile of the marker in [model]")
    if config.model.output:
        raise UsageError(
            f"output = {config.model.output}: the projection is fitted after training, give its width to --dim"
        )
    check_run_folder(directory)
    begun = (directory / STATE_FILE).exists()
    if begun and not resume:
        raise UsageError(f"{directory} holds a run: go on with --resume, or give another folder to --run")
    if config.training.start and not begun:
        starting_model(config.model, config.training.start)


def prepare_corpus(
    inputs: Sequence[str | Path],
    directory: Path,
    *,
    profile: str,
    names: bool = False,
    labels: Path | None = None,
    resume: bool = False,
    ranks: Ranks = _ALONE,
    on_progress: Callable[[int], None] = lambda n: None,
) -> PlacedCorpus:
    """Return the placed corpus of a run: made anew, or opened if the run is resumed. Of several processes one makes it.

    With ``names`` it also has the taxa of its barcodes: those of the inputs, or those of ``labels``, a file of lineages
    by id.

    Raises
    ------
    InputError
        if the inputs cannot be read, or if fewer than two distinct barcodes can be placed.
    MismatchError
        if the run is resumed with other inputs.
    """
    files = [*inputs, *([labels] if labels else [])]
    if ranks.is_first:
        if resume and (directory / SUMMARY_FILE).exists():
            _check_inputs(files, PlacedCorpus.open(directory), directory)
        else:
            taxonomy = read_taxonomy(labels) if labels else None
            counts = ReadCounts()
            build_corpus(
                # Barcodes without a name are used for the reconstruction only.
                _with_clean_names(read_barcodes(inputs, counts, labelled=names, taxonomy=taxonomy, unlisted=True)),
                shipped_anchor(profile),
                directory,
                min_columns=MIN_COLUMNS,
                inputs=[_input_record(path) for path in files],
                skipped=counts.skipped,
                with_names=names,
                on_progress=on_progress,
            )
    ranks.wait()
    corpus = PlacedCorpus.open(directory)
    if len(corpus) < 2:
        raise InputError(
            "only one distinct barcode", path=inputs[0], hint="there is nothing to learn from it: give many"
        )
    return corpus


def make_probe(labelled: Path, profile: str) -> GenusProbe:
    """Return the probe that a labelled file gives.

    Raises
    ------
    InputError
        if the file cannot be read, or has no genus with two species.
    """
    return GenusProbe.of(read_barcodes([labelled]), shipped_anchor(profile))


def pretrain(
    config: RunConfig,
    corpus: PlacedCorpus,
    directory: Path,
    *,
    device: str = "auto",
    resume: bool = False,
    probe: GenusProbe | None = None,
    ranks: Ranks = _ALONE,
    on_step: Callable[[Step], None] = lambda step: None,
) -> Trainer:
    """Train to ``config.training.steps``, writing one JSON line for each step to ``directory/log.jsonl``.

    Raises
    ------
    MismatchError
        if the state was made with other settings, or if the model to start from has another shape.
    TrainingError
        if the loss is not finite.
    Terminated, Interrupted
        after SIGTERM or Ctrl-C, with the state saved.
    """
    directory.mkdir(parents=True, exist_ok=True)
    trainer = Trainer(config.model, config.training, corpus, directory, choose_device(device)[0], ranks)
    if resume and trainer.state_file.exists():
        trainer.resume()
    else:
        trainer.start()
    with StopSignal() as stop:
        steps = trainer.run(lambda: stop.received is not None)
        if ranks.is_first:
            config.save(directory)
            _log_steps(trainer, steps, directory, probe, on_step)
        else:
            for _ in steps:
                pass
        kept = f"the state of step {trainer.step:,} is kept in {directory}, run again with --resume"
        stop.check(kept)
        if trainer.step < config.training.steps:
            raise Terminated(f"terminated; {kept}")
    return trainer


def export(trainer: Trainer, output: Path, *, dim: int, origin: Mapping[str, Any]) -> Checkpoint:
    """Fit the projection to ``dim`` numbers (0: none) on the corpus, and write the encoder alone, in half precision."""
    settings, taught_by = trainer.config, trainer.objective.taught_by
    checkpoint = Checkpoint.of(
        trainer.objective.finished(trainer.corpus, dim),
        {
            "tool_version": __version__,
            **({"started_from": trainer.started_from} if trainer.started_from else {}),
            **({"taught_by": taught_by} if taught_by else {}),
            "objective": settings.objective,
            "steps": trainer.step,
            # Names of model files alone: a model that is passed on tells nobody where its maker keeps things.
            "training": settings.to_dict()
            | {name: Path(getattr(settings, name)).name for name in ("start", "teacher")},
            "corpus": trainer.corpus.summary,
            **origin,
        },
        half=True,
    )
    checkpoint.save(output)
    return checkpoint


def _log_steps(
    trainer: Trainer,
    steps: Iterator[Step],
    directory: Path,
    probe: GenusProbe | None,
    on_step: Callable[[Step], None],
) -> None:
    """Write a line for each step, and the curves whenever there is something new to show."""
    log_file = directory / LOG_FILE
    cut_log(log_file, trainer.step)
    begun = time.perf_counter()
    handle = open_own(log_file, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    with open(handle, "a", encoding="utf-8") as log:
        for step in steps:
            rate = trainer.work.order.size / max(time.perf_counter() - begun, 1e-9)
            looked = step.validation_loss is not None
            if looked and probe:
                step = replace(step, probe=probe.score(trainer.mean_vectors))
            line = {name: value for name, value in asdict(step).items() if value is not None and name != "probe"}
            line |= {"barcodes_per_second": round(rate, 1), **(step.probe or {})}
            print(json.dumps(line), file=log, flush=True)
            if looked:
                plot_curves(log_file, directory / CURVES_FILE)
            on_step(step)
            begun = time.perf_counter()


def _with_clean_names(barcodes: Iterable[Barcode]) -> Iterator[Barcode]:
    """Yield the same barcodes without names that are no taxa (``sp.``, placeholders), as ``index`` does."""
    for barcode in barcodes:
        yield replace(barcode, lineage=clean_lineage(barcode.lineage)[0]) if barcode.lineage else barcode


def _check_inputs(inputs: Sequence[str | Path], corpus: PlacedCorpus, directory: Path) -> None:
    """Check that the corpus was made of these files, by their content; their names may differ."""
    begun = corpus.summary.get("inputs", [])
    now = [_input_record(path) for path in inputs]
    if len(begun) != len(now):
        raise MismatchError(f"{directory}: the run was begun with {len(begun)} input files, not {len(now)}")
    for was, given in zip(begun, now, strict=True):
        if "sha256" in was and "sha256" in given and was["sha256"] != given["sha256"]:
            raise MismatchError(
                f"{given['name']}: not the file that the run in {directory} was begun with ({was['name']}); "
                "resume with the same inputs, in the same order, or start a new run"
            )


def _input_record(path: str | Path) -> dict[str, Any]:
    """Return name, size and checksum of an input, without its folder; of a stream, the name alone."""
    if is_stream(path) or not Path(path).is_file():
        return {"name": str(path)}
    record = file_record(path)
    return {"name": Path(record.pop("path")).name, **record}
