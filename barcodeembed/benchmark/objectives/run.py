"""``barcodeembed benchmark objectives``: compare masked autoencoder, masked and causal language model with equal
budgets.

One TOML file holds all settings: the corpus, the labelled barcodes, the budget, the seeds, one shape of encoder, and
what differs between objectives. Each pair of objective and seed is a pretraining run of its own that can be resumed.
Its encoder is scored by the mean of its token vectors, on barcodes that were not used to choose it.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from barcodeembed.benchmark import clustering, metrics
from barcodeembed.benchmark.folder import begin_folder, check_folder, empty_folder, read_json, short_hash, write_json
from barcodeembed.benchmark.objectives.plan import ObjectivesPlan
from barcodeembed.benchmark.objectives.report import objective_figure, objective_tables
from barcodeembed.benchmark.report_parts import write_results
from barcodeembed.benchmark.splits import Split, load_split
from barcodeembed.benchmark.vectors import nearest_by_cosine
from barcodeembed.errors import InputError, UsageError
from barcodeembed.model.embedder import choose_device, worked_seconds
from barcodeembed.outputs.folders import place_of_folder
from barcodeembed.sequences.codes import Codes
from barcodeembed.sequences.corpus import PlacedCorpus
from barcodeembed.sequences.formats.counting import count_records
from barcodeembed.taxonomy import RANKS
from barcodeembed.version import __version__
from barcodeembed.workflows.manifest import file_record
from barcodeembed.workflows.pretrain import prepare_corpus, pretrain
from barcodeembed.workflows.pretraining.genus_probe import unit, whiten

MEASURES = {
    "genus": "genus 1-NN of unseen species, mean of token vectors",
    "genus_whitened": "the same, whitened on the library",
    "ami": "AMI of clusters and BINs",
    "harmonic_mean": "harmonic mean of genus 1-NN and AMI",
}

UNTRAINED = "untrained"
"""Row for encoders with random weights: it shows what the shape of the model achieves without training."""

MAX_CLUSTERED = 3000
"""Largest number of barcodes that are clustered, because Ward needs memory for all pairs."""

_TRIAL_STEPS = 12


def benchmark_objectives(
    config: Path,
    output: Path,
    *,
    device: str = "auto",
    force: bool = False,
    say: Callable[[str], None] = lambda line: None,
    on_step: Callable[[int], None] = lambda step: None,
) -> dict[str, Any]:
    """Train and score every objective with every seed; write ``results.json``, ``results.md`` and a figure. Return the
    results.

    Raises
    ------
    UsageError, InputError
        as :meth:`ObjectivesPlan.read` says, and if the folder holds another benchmark, or UMAP is asked for but
        missing.
    Terminated
        after SIGTERM; finished work is kept.
    """
    plan = ObjectivesPlan.read(config)
    if plan.umap and not clustering.has_umap():
        raise UsageError(f"{config}: umap = true needs umap-learn: pip install 'barcodeembed[umap]'")
    files = [*plan.corpus, *plan.labelled, *plan.queries]
    # Seeds and objectives may be added later, but runs with another budget or shape cannot be compared.
    facts = {
        "kind": "objectives",
        "inputs": [{**file_record(file), "path": file.name} for file in files],
        "budget": dict([plan.budget]),
        "umap": plan.umap,
        **plan.tables,
    }
    check_folder(output, facts, force=force)
    split = load_split(plan.labelled, plan.queries, seed=1, max_queries=1000)
    judge = _Judge(split, plan.umap)
    count_records(plan.corpus)
    corpus = _corpus(plan, output, facts)
    say(
        f"corpus: {len(corpus):,} barcodes; library {len(split.library):,}, queries {len(judge.genus_rows):,} of "
        f"unseen species, {len(judge.cluster_rows):,} barcodes to cluster; {len(plan.objectives)} objectives x "
        f"{len(plan.seeds)} seeds, {plan.budget[1]:,g} {plan.budget[0]} each"
    )
    runs: dict[str, dict[str, Any]] = {}
    for objective in (UNTRAINED, *plan.objectives):
        for seed in plan.seeds:
            name = f"{objective}-seed{seed}"
            folder = output / "runs" / name
            folder.mkdir(parents=True, exist_ok=True)
            record = output / "runs" / f"{name}.json"
            key = _key(plan, objective, seed, corpus.summary["sha256"], device, facts)
            done = read_json(record)
            if done.get("key") != key:
                say(f"{name}: training")
                found = _one_run(
                    plan, objective, seed, corpus, folder=folder, judge=judge, device=device, on_step=on_step
                )
                done = {"key": key, **found}
                write_json(done, record)
            runs[name] = done
    results = {
        "tool": f"barcodeembed {__version__}",
        "inputs": facts["inputs"],
        "budget": dict([plan.budget]),
        "seeds": list(plan.seeds),
        "clustering": "UMAP to 64, Ward" if plan.umap else "Ward on the vectors",
        "queries": len(judge.genus_rows),
        "clustered": len(judge.cluster_rows),
        "labels": judge.label,
        "measures": MEASURES,
        "runs": runs,
        "summary": summarise(runs, [UNTRAINED, *plan.objectives], plan.seeds),
    }
    return write_results(results, output, objective_tables, objective_figure)


def _corpus(plan: ObjectivesPlan, output: Path, facts: dict[str, Any]) -> PlacedCorpus:
    """Begin the folder, and return the corpus in it. If no corpus can be made, nothing is left of a new folder."""
    profile = plan.config(next(iter(plan.objectives)), 1, 1).model.profile
    was_there, is_new = output.is_dir(), begin_folder(output, facts)
    try:
        return prepare_corpus(plan.corpus, output / "corpus", profile=profile, resume=True)
    except InputError:
        if is_new:
            empty_folder(output)
            if not was_there:
                with suppress(OSError):
                    place_of_folder(output).rmdir()
        raise


def _key(plan: ObjectivesPlan, objective: str, seed: int, corpus: str, device: str, facts: Mapping[str, Any]) -> str:
    parts = (plan.tables, plan.objectives.get(objective, {}), plan.budget, plan.umap, objective, seed, device, facts)
    return short_hash(json.dumps([corpus, *parts], sort_keys=True))


def _one_run(
    plan: ObjectivesPlan,
    objective: str,
    seed: int,
    corpus: Any,
    *,
    folder: Path,
    judge: _Judge,
    device: str,
    on_step: Callable[[int], None],
) -> dict[str, Any]:
    """Train an encoder (or go on with its training) and return its scores."""
    if objective == UNTRAINED:
        from barcodeembed.model.training.loop import Trainer

        first = plan.config(next(iter(plan.objectives)), seed, 1)
        trainer = Trainer(first.model, first.training, corpus, folder, choose_device(device)[0])
        return {"steps": 0, "seconds": 0.0, **judge(trainer.mean_vectors)}
    budget_file = folder / "budget.json"
    budget = read_json(budget_file)
    if not budget:
        budget = {"steps": _steps(plan, objective, seed, corpus, folder, device), "seconds": 0.0}
        write_json(budget, budget_file)
    settings = plan.config(objective, seed, budget["steps"])
    started = worked_seconds(device)
    try:
        trainer = pretrain(
            settings, corpus, folder, device=device, resume=True, on_step=lambda step: on_step(step.step + 1)
        )
    finally:
        # A run that was stopped and resumed has used the seconds of both parts.
        budget["seconds"] += worked_seconds(device) - started
        write_json(budget, budget_file)
    return {**budget, **judge(trainer.mean_vectors)}


def _steps(plan: ObjectivesPlan, objective: str, seed: int, corpus: Any, folder: Path, device: str) -> int:
    """Return the number of steps that the budget allows. A budget in seconds is converted with a short trial, because
    schedules need a number of steps."""
    kind, amount = plan.budget
    size = plan.config(objective, seed, 1).training.batch_size
    if kind == "barcodes":
        return max(1, round(amount / size))
    trial = folder / "trial"
    times: list[float] = []
    pretrain(
        plan.config(objective, seed, _TRIAL_STEPS),
        corpus,
        trial,
        device=device,
        on_step=lambda step: times.append(worked_seconds(device)),
    )
    for path in trial.iterdir():
        path.unlink()
    trial.rmdir()
    # The last step of a run also looks at the held-out barcodes.
    return max(1, round(amount / max((times[-2] - times[0]) / (len(times) - 2), 1e-9)))


class _Judge:
    """Scores encoders by the mean of their token vectors on a fixed split."""

    def __init__(self, split: Split, umap: bool) -> None:
        self.split, self.umap = split, umap
        self.genus_rows = [row for row, name in enumerate(split.sets) if name == "unseen_species"]
        if not self.genus_rows:
            raise InputError("no query of an unseen species whose genus is in the library")
        asked = set(split.queries.species())
        has_bins = any(split.queries.bins)
        self.label = "BIN" if has_bins else "species (there are no BINs)"
        both: list[tuple[int, str]] = []
        columns = []
        for part in (split.queries, split.library):
            labels = part.bins if has_bins else part.species()
            for row, label in enumerate(labels):
                if label and part.lineages[row].names[-1] in asked:
                    both.append((row, label))
                    columns.append(part.columns[row])
        self.cluster_rows = both[:MAX_CLUSTERED]
        self.cluster_columns: Codes = np.stack(columns[:MAX_CLUSTERED])
        self.genera = _genera(split.library.lineages)
        self.true_genera = _genera([split.queries.lineages[row] for row in self.genus_rows])

    def __call__(self, embed: Callable[[Codes], NDArray[np.float32]]) -> dict[str, float]:
        """Return the measures in :data:`MEASURES`."""
        library = embed(self.split.library.columns)
        queries = embed(self.split.queries.columns[self.genus_rows])
        whitened = whiten(library.astype(np.float64), queries.astype(np.float64))
        genus = self._accuracy(queries, library)
        labels = np.array([label for _, label in self.cluster_rows], dtype=object)
        clustered = _unit(embed(self.cluster_columns))
        find = clustering.umap_ward if self.umap else clustering.ward
        ami = metrics.adjusted_mutual_information(labels, find(clustered, len(set(labels))))
        return {
            "genus": genus,
            "genus_whitened": self._accuracy(whitened[1], whitened[0]),
            "ami": ami,
            "harmonic_mean": metrics.harmonic_mean(genus, ami),
        }

    def _accuracy(self, queries: NDArray[Any], library: NDArray[Any]) -> float:
        # In double precision: vectors of an encoder that has learnt little point almost the same way.
        _, rows = nearest_by_cosine(unit(queries.astype(np.float64)), unit(library.astype(np.float64)))
        return float((self.genera[rows] == self.true_genera).mean())


def _genera(lineages: Sequence[Any]) -> NDArray[np.str_]:
    return np.array([lineage.names[RANKS.index("genus")] for lineage in lineages])


def _unit(vectors: NDArray[Any]) -> NDArray[np.float32]:
    return unit(vectors.astype(np.float64)).astype(np.float32)


def summarise(
    runs: Mapping[str, Mapping[str, Any]], objectives: Sequence[str], seeds: Sequence[int]
) -> dict[str, dict[str, dict[str, float]]]:
    """Return mean and standard deviation over the seeds (n - 1; 0 for one seed), by objective and measure."""
    summary: dict[str, dict[str, dict[str, float]]] = {}
    for objective in objectives:
        own = [runs[f"{objective}-seed{seed}"] for seed in seeds]
        summary[objective] = {}
        for measure in (*MEASURES, "steps", "seconds"):
            values = [float(run[measure]) for run in own]
            spread = statistics.stdev(values) if len(values) > 1 else 0.0
            summary[objective][measure] = {"mean": statistics.fmean(values), "spread": spread}
    return summary
