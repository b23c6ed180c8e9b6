"""``barcodeembed benchmark paper``: the published BIOSCAN-5M evaluation, from the metadata file to tables and figures.

partitions (two passes over the file) -> vectors of each encoder -> genus by 1-NN for unseen species, BIN
reconstruction, and their harmonic mean; linear probe and fine-tuning for seen species. Results of a step are kept under
a hash of what they depend on, so a run that was killed goes on. Every choice is made on ``val_unseen``, never on a test
split.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from barcodeembed.benchmark.clustering import has_umap
from barcodeembed.benchmark.folder import begin_folder, check_folder, read_json, short_hash, write_json
from barcodeembed.benchmark.metrics import harmonic_mean
from barcodeembed.benchmark.paper import nearest, steps
from barcodeembed.benchmark.paper.nearest import Vectors
from barcodeembed.benchmark.paper.partitions import SPLITS, Partition, make_partitions, read_partition, size_notes
from barcodeembed.benchmark.paper.plan import PaperPlan, work_ahead
from barcodeembed.benchmark.paper.published_figures import BY_RANK, BY_RANK_SOURCE, PUBLISHED
from barcodeembed.benchmark.paper.report import paper_figures, paper_tables
from barcodeembed.benchmark.peers import blast
from barcodeembed.benchmark.report_parts import write_results
from barcodeembed.benchmark.vectors import LIMITS, Encoder, open_encoders
from barcodeembed.version import __version__


def benchmark_paper(
    plan: PaperPlan,
    output: Path,
    *,
    force: bool = False,
    only_plan: bool = False,
    say: Callable[[str], None] = lambda line: None,
    on_progress: Callable[[int], None] = lambda rows: None,
) -> dict[str, Any]:
    """Do every step that is not done yet; write ``results.json``, ``results.md`` and figures into ``output``. Return
    the results.

    Raises
    ------
    UsageError
        if the folder holds another benchmark and ``force`` is not given, or two models have the same name.
    InputError
        if the file is not the metadata of BIOSCAN-5M, or of the same form.
    """
    encoders = open_encoders(plan.models, device=plan.device, threads=plan.threads)
    facts = {"kind": "paper", "data": plan.data.name, "bytes": plan.data.stat().st_size}
    check_folder(output, facts, force=force)
    summary = make_partitions(plan.data, output / "partitions", say, lambda: begin_folder(output, facts))
    parts = {split: read_partition(output / "partitions", split) for split in SPLITS}
    baselines = [name for name in plan.baselines if name != "blast" or nearest.blast_is_installed()]
    for name in set(plan.baselines) - set(baselines):
        say(f"{name} is not installed: its row is left out")
    runner = _Runner(plan, parts, output, summary["sha256"], say, on_progress)
    for line in work_ahead(plan, encoders, parts, baselines, output, runner.vectors):
        say(line)
    if only_plan:
        return {}
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
        "published_by_rank": {"source": BY_RANK_SOURCE, "rows": BY_RANK},
    }
    return write_results(results, output, paper_tables, paper_figures)


class _Runner:
    """Does the steps of a run. The result of a step that was done before is read from the folder ``steps``."""

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
        self.vectors = output / "vectors" / data[:16]
        for name in ("steps", "predictions", "work"):
            (output / name).mkdir(exist_ok=True)

    def encoder(self, encoder: Encoder) -> dict[str, Any]:
        """Return the results of all steps for one encoder."""
        vectors = cache(lambda: self._embed(encoder))
        settings = {"bins": f"{self.plan.clusters} {has_umap()}"}
        settings |= {"probe": f"{self.plan.probe_epochs}", "finetune": f"{self.plan.finetune_epochs}"}

        def work(step: str, saved: Path, state: Path) -> dict[str, Any]:
            if step in steps.ONE_NN:
                return steps.one_nn(self.parts, *steps.ONE_NN[step], nearest.by_vectors(vectors()), saved)
            if step == "bins":
                return steps.bin_reconstruction(self.parts, vectors(), self.plan.clusters, saved, with_umap=has_umap())
            if step == "probe":
                return self._probe(vectors(), encoder.embedder.device_type, saved, state)
            return self._finetune(encoder, saved, state)

        facts: dict[str, Any] = {"fingerprint": encoder.embedder.fingerprint, "dim": encoder.embedder.dim}
        for step in self.plan.steps:
            key = f"{encoder.identity} {LIMITS} {settings.get(step, '')}"
            if result := self._step(encoder.slug, step, key, partial(work, step)):
                facts[step] = result
        return facts

    def baseline(self, name: str) -> dict[str, Any]:
        """Return 1-NN results of a baseline: identity or BLAST."""
        folder = self.output / "work"
        version = blast.version() if name == "blast" else f"barcodeembed {__version__}"
        key = short_hash(f"{self.data} {version}")
        find = (
            nearest.by_blast(self.parts, folder, key, self.plan.threads)
            if name == "blast"
            else nearest.by_identity(self.parts, folder, key)
        )

        def work(step: str, saved: Path, state: Path) -> dict[str, Any]:
            return steps.one_nn(self.parts, *steps.ONE_NN[step], find, saved)

        asked = [step for step in self.plan.steps if step in steps.ONE_NN]
        return {"version": version, **{step: self._step(name, step, version, partial(work, step)) for step in asked}}

    def _step(self, who: str, step: str, settings: str, do: Callable[[Path, Path], dict[str, Any]]) -> dict[str, Any]:
        """Return the result of a step, which is done if no result of it is kept. ``do(answers, state)`` does it: it
        writes the answers to the first file and may keep unfinished work in the second."""
        key = short_hash(f"{self.data} {step} {settings}")
        path = self.output / "steps" / f"{who}.{step}.json"
        kept = read_json(path)
        if kept.get("key") != key:
            self.say(f"{who}: {step}")
            state = self.output / "work" / f"{who}.{step}.{key}.pt"
            write_json({"key": key, "result": do(self.output / "predictions" / f"{who}.{step}.tsv", state)}, path)
            state.unlink(missing_ok=True)
            kept = read_json(path)
        return dict(kept["result"])

    def _embed(self, encoder: Encoder) -> Vectors:
        self.say(f"{encoder.label}: embedding")
        tables = {split: self.output / "partitions" / f"{split}.tsv" for split in self.plan.embedded}
        return {split: encoder.vectors(table, self.vectors, self.on_progress) for split, table in tables.items()}

    def _probe(self, vectors: Vectors, device: str, output: Path, state: Path) -> dict[str, Any]:
        from barcodeembed.model.training.probe import ProbeConfig, linear_probe

        rows, labels, asked, species = steps.species_labels(self.parts, vectors)
        there = ~np.isnan(vectors["test"][asked, 0])
        found = linear_probe(
            vectors["train"][rows],
            labels,
            vectors["test"][asked[there]],
            ProbeConfig(epochs=self.plan.probe_epochs),
            device,
            state,
            self.on_progress,
        )
        called = np.full(len(asked), "", dtype=object)
        called[there] = species[found]
        return steps.species_accuracy(self.parts, asked, called, output)

    def _finetune(self, encoder: Encoder, output: Path, state: Path) -> dict[str, Any]:
        from barcodeembed.model.embedder import Embedder
        from barcodeembed.model.training.probe import FinetuneConfig, finetune

        embedder = encoder.embedder
        if not isinstance(embedder, Embedder):
            return {}
        rows, labels, asked, species = steps.species_labels(self.parts, None)
        tokenizer = embedder.encoder.tokenizer
        train, test = (
            steps.Reads(self.parts[split].sequences[chosen], embedder.anchor, tokenizer)
            for split, chosen in (("train", rows), ("test", asked))
        )
        found = finetune(
            embedder.checkpoint,
            train.shifted,
            labels,
            test.tokens(np.arange(len(asked))),
            FinetuneConfig(epochs=self.plan.finetune_epochs),
            device=str(embedder.device),
            state_file=state,
            on_epoch=self.on_progress,
        )
        return steps.species_accuracy(self.parts, asked, species[found], output)


def _add_harmonic_mean(row: dict[str, Any]) -> None:
    """Add the harmonic mean of genus accuracy (``stripped``) and BIN AMI, for each way of clustering."""
    for name in ("umap_ward", "average"):
        ami = row.get("bins", {}).get(f"ami_{name}")
        if "genus" in row and ami is not None:
            row[f"harmonic_mean_{name}"] = harmonic_mean(row["genus"]["stripped"]["genus"], ami)
