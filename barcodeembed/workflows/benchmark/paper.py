"""``barcodeembed benchmark paper``: the published BIOSCAN-5M evaluation, from the metadata file to tables and figures.

partitions (two passes over the file) -> vectors of each encoder -> genus 1-NN of unseen species, BIN reconstruction,
their harmonic mean; linear probe and fine-tuning on seen species. Every step is kept by the fingerprint of what it
was made from; a run that was killed goes on. Whatever is chosen is chosen on ``val_unseen``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from barcodeembed import __version__
from barcodeembed.baselines import blast
from barcodeembed.errors import UsageError
from barcodeembed.search.clustering import has_umap
from barcodeembed.search.metrics import harmonic_mean
from barcodeembed.sequences.anchor import Placements
from barcodeembed.workflows.benchmark import paper_steps as steps
from barcodeembed.workflows.benchmark.folder import fresh_folder, read_json, write_json
from barcodeembed.workflows.benchmark.paper_report import paper_figures, paper_tables
from barcodeembed.workflows.benchmark.partitions import SPLITS, Partition, make_partitions, read_partition, size_notes
from barcodeembed.workflows.benchmark.published import PUBLISHED
from barcodeembed.workflows.benchmark.vectors import LIMITS, Encoder, open_encoder

STEPS = ("genus", "species", "bins", "probe", "finetune")
"""Genus 1-NN of unseen species; species 1-NN of seen ones; BIN reconstruction; linear probe; fine-tuning."""

EMBEDDED = ("train", "test", "val_unseen", "test_unseen")
"""Splits that encoders embed."""


@dataclass(frozen=True)
class PaperPlan:
    """What is to be done."""

    data: Path
    models: Sequence[str] = ("default",)
    steps: Sequence[str] = ("genus", "species", "bins")
    baselines: Sequence[str] = ("identity", "blast")
    clusters: int = 0
    probe_epochs: int = 200
    finetune_epochs: int = 35
    threads: int = 1
    device: str = "auto"

    def __post_init__(self) -> None:
        for given, allowed, option in (
            (self.steps, STEPS, "--steps"),
            (self.baselines, ("identity", "blast"), "--against"),
        ):
            if wrong := [name for name in given if name not in allowed]:
                raise UsageError(f"{option} {wrong[0]}: choose from {', '.join(allowed)}")


def benchmark_paper(
    plan: PaperPlan,
    output: Path,
    *,
    force: bool = False,
    only_plan: bool = False,
    say: Callable[[str], None] = lambda line: None,
    on_progress: Callable[[int], None] = lambda rows: None,
) -> dict[str, Any]:
    """Do every step that is not done yet; writes results.json, results.md and figures into ``output``.

    Raises
    ------
    UsageError
        if the folder holds another benchmark and ``force`` is not given.
    InputError
        if the file is not the metadata of BIOSCAN-5M or like it.
    """
    encoders = [open_encoder(name, device=plan.device, threads=plan.threads) for name in plan.models]
    fresh_folder(output, {"kind": "paper", "data": plan.data.name, "bytes": plan.data.stat().st_size}, force=force)
    summary = make_partitions(plan.data, output / "partitions", say)
    parts = {split: read_partition(output / "partitions", split) for split in SPLITS}
    baselines = [name for name in plan.baselines if name != "blast" or steps.blast_is_installed()]
    for name in set(plan.baselines) - set(baselines):
        say(f"{name} is not installed: its row is left out")
    for line in work_ahead(plan, encoders, parts, baselines):
        say(line)
    if only_plan:
        return {}
    runner = _Runner(plan, parts, output, summary["sha256"], say, on_progress)
    rows = {encoder.label: runner.encoder(encoder) for encoder in encoders}
    rows |= {name: runner.baseline(name) for name in baselines}
    for row in rows.values():
        _add_harmonic_mean(row)
    results = {
        "tool": f"barcodeembed {__version__}",
        "data": summary["name"],
        "partitions": summary["barcodes"],
        "notes": size_notes(summary),
        "rows": rows,
        "published": [figure._asdict() for figure in PUBLISHED],
    }
    write_json(results, output / "results.json")
    results = json.loads((output / "results.json").read_text())
    (output / "results.md").write_text(paper_tables(results), encoding="utf-8")
    paper_figures(results, output / "figures")
    return dict(results)


def work_ahead(
    plan: PaperPlan, encoders: Sequence[Encoder], parts: dict[str, Partition], baselines: Sequence[str]
) -> list[str]:
    """How much work and disk the run needs, in words, measured on a few barcodes."""
    number = sum(len(parts[split]) for split in EMBEDDED)
    lines = [", ".join(f"{split} {len(part):,}" for split, part in parts.items()) + " barcodes"]
    for encoder in encoders:
        speed = encoder.per_second(list(parts["train"].sequences[:64]))
        row = encoder.embedder.dim * 4 / 1e9
        lines.append(
            f"{encoder.label}: {number:,} barcodes to embed, about {number / speed / 60:,.0f} min at {speed:,.0f} a "
            f"second; {number * row:,.2f} GB on disk and in memory"
        )
    n_bins = len(parts["test"]) + len(parts["test_unseen"])
    if "bins" in plan.steps:
        lines.append(f"BIN reconstruction: {n_bins:,} barcodes, about {8 * n_bins**2 / 1e9:,.1f} GB in memory")
    if "bins" in plan.steps and not has_umap():
        lines.append("umap-learn is not installed (pip install 'barcodeembed[umap]'): only the variant without it")
    asked = len(parts["test_unseen"]) + (len(parts["test"]) if "species" in plan.steps else 0)
    lines += [f"{name}: {asked:,} queries against {len(parts['train']):,} barcodes" for name in baselines]
    if "probe" in plan.steps:
        lines.append(f"linear probe: {plan.probe_epochs} epochs over {len(parts['train']):,} vectors")
    if "finetune" in plan.steps:
        lines.append(f"fine-tuning: {plan.finetune_epochs} epochs over {len(parts['train']):,} barcodes; use a GPU")
    return lines


class _Runner:
    """Does one step after another, or takes it from the folder ``steps``."""

    def __init__(
        self,
        plan: PaperPlan,
        parts: dict[str, Partition],
        output: Path,
        data: str,
        say: Callable[[str], None],
        on_progress: Callable[[int], None],
    ) -> None:
        self.plan, self.parts, self.output, self.data = plan, parts, output, data
        self.say, self.on_progress = say, on_progress
        for name in ("steps", "predictions", "work"):
            (output / name).mkdir(exist_ok=True)

    def encoder(self, encoder: Encoder) -> dict[str, Any]:
        """All steps of one encoder."""
        facts: dict[str, Any] = {"fingerprint": encoder.embedder.fingerprint, "dim": encoder.embedder.dim}
        own = f"{encoder.embedder.fingerprint} {encoder.embedder.precision} {LIMITS}"
        cache: dict[str, steps.Vectors] = {}

        def vectors() -> steps.Vectors:
            if not cache:
                self.say(f"{encoder.label}: embedding")
                cache["all"] = {
                    split: encoder.vectors(
                        self.output / "partitions" / f"{split}.tsv",
                        self.output / "vectors" / self.data[:16],
                        self.on_progress,
                    )
                    for split in EMBEDDED
                }
            return cache["all"]

        def saved(step: str) -> Path:
            return self.output / "predictions" / f"{encoder.slug}.{step}.tsv"

        work: dict[str, tuple[str, Callable[[], dict[str, Any]]]] = {
            "genus": (
                "",
                lambda: steps.one_nn(
                    self.parts, "test_unseen", steps.ONE_NN_RANKS, steps.by_vectors(vectors()), saved("genus")
                ),
            ),
            "species": (
                "",
                lambda: steps.one_nn(
                    self.parts, "test", ("genus", "species"), steps.by_vectors(vectors()), saved("species")
                ),
            ),
            "bins": (
                f"{self.plan.clusters} {has_umap()}",
                lambda: steps.bin_reconstruction(
                    self.parts, vectors(), self.plan.clusters, saved("bins"), with_umap=has_umap()
                ),
            ),
            "probe": (f"{self.plan.probe_epochs}", lambda: self._probe(vectors(), saved("probe"))),
            "finetune": (f"{self.plan.finetune_epochs}", lambda: self._finetune(encoder, saved("finetune"))),
        }
        for step in self.plan.steps:
            settings, do = work[step]
            if result := self._step(encoder.slug, step, f"{own} {settings}", do):
                facts[step] = result
        return facts

    def baseline(self, name: str) -> dict[str, Any]:
        """Genus and species 1-NN of identity or BLAST."""
        folder = self.output / "work"
        version = blast.version() if name == "blast" else f"barcodeembed {__version__}"
        key = hashlib.sha256(f"{self.data} {version}".encode()).hexdigest()[:16]
        find = (
            steps.by_blast(self.parts, folder, key, self.plan.threads)
            if name == "blast"
            else steps.by_identity(self.parts, folder, key)
        )
        facts: dict[str, Any] = {"version": version}
        for step, split, ranks in (
            ("genus", "test_unseen", steps.ONE_NN_RANKS),
            ("species", "test", ("genus", "species")),
        ):
            if step in self.plan.steps:
                saved = self.output / "predictions" / f"{name}.{step}.tsv"
                facts[step] = self._step(
                    name,
                    step,
                    version,
                    lambda split=split, ranks=ranks, saved=saved: steps.one_nn(self.parts, split, ranks, find, saved),  # type: ignore[misc]
                )
        return facts

    def _step(self, who: str, step: str, settings: str, do: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        key = hashlib.sha256(f"{self.data} {step} {settings}".encode()).hexdigest()[:16]
        path = self.output / "steps" / f"{who}.{step}.json"
        kept = read_json(path)
        if kept.get("key") != key:
            self.say(f"{who}: {step}")
            write_json({"key": key, "result": do()}, path)
            kept = read_json(path)
        return dict(kept["result"])

    def _probe(self, vectors: steps.Vectors, output: Path) -> dict[str, Any]:
        from barcodeembed.model.probe import ProbeConfig, linear_probe

        rows, labels, asked, species = steps.species_labels(self.parts, vectors)
        there = ~np.isnan(vectors["test"][asked, 0])
        found = linear_probe(
            vectors["train"][rows],
            labels,
            vectors["test"][asked[there]],
            ProbeConfig(epochs=self.plan.probe_epochs),
            on_epoch=self.on_progress,
        )
        called = np.full(len(asked), "", dtype=object)
        called[there] = species[found]
        return steps.species_accuracy(self.parts, asked, called, output)

    def _finetune(self, encoder: Encoder, output: Path) -> dict[str, Any]:
        from barcodeembed.model.embedder import Embedder
        from barcodeembed.model.probe import FinetuneConfig, finetune

        embedder = encoder.embedder
        if not isinstance(embedder, Embedder):
            return {}
        rows, labels, asked, species = steps.species_labels(self.parts, None)
        tokens = []
        for split, chosen in (("train", rows), ("test", asked)):
            sequences = list(self.parts[split].sequences[chosen])
            placed = embedder.anchor.place(sequences) if embedder.anchor else Placements.none(len(sequences))
            tokens.append(embedder.encoder.tokenizer.tokens(placed, sequences))
        found = finetune(
            embedder.checkpoint,
            tokens[0],
            labels,
            tokens[1],
            FinetuneConfig(epochs=self.plan.finetune_epochs),
            device=str(embedder.device),
            state_file=self.output / "work" / f"{encoder.slug}-{embedder.fingerprint}-{self.plan.finetune_epochs}.pt",
            on_epoch=self.on_progress,
        )
        return steps.species_accuracy(self.parts, asked, species[found], output)


def _add_harmonic_mean(row: dict[str, Any]) -> None:
    """Of genus accuracy (``stripped``) and BIN AMI, for each way of clustering."""
    for name in ("umap_ward", "average"):
        ami = row.get("bins", {}).get(f"ami_{name}")
        if "genus" in row and ami is not None:
            row[f"harmonic_mean_{name}"] = harmonic_mean(row["genus"]["stripped"]["genus"], ami)
