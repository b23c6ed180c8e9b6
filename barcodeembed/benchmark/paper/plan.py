"""The plan of ``benchmark paper``, and an estimate of work and disk space, which is shown before it starts."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from barcodeembed.benchmark.clustering import has_umap
from barcodeembed.benchmark.paper.partitions import Partition
from barcodeembed.benchmark.paper.steps import ONE_NN
from barcodeembed.benchmark.vectors import Encoder
from barcodeembed.errors import UsageError

NEEDS = {
    "genus": ("train", ONE_NN["genus"][0]),
    "species": ("train", ONE_NN["species"][0]),
    "bins": ("val_unseen", "test", "test_unseen"),
    "probe": ("train", "test"),
    "finetune": (),
    "val": ("train", ONE_NN["val"][0]),
}
"""For each step, the splits whose vectors it needs. The steps are: 1-NN of unseen species, 1-NN of seen species, BIN
reconstruction, linear probe, fine-tuning (which makes its own vectors), and 1-NN of ``val_unseen``, which serves to
choose between models."""

STEPS = tuple(NEEDS)

BASELINES = ("identity", "blast")


@dataclass(frozen=True)
class PaperPlan:
    """Which steps are done, on which data and with which models."""

    data: Path
    models: Sequence[str] = ("default",)
    steps: Sequence[str] = ("genus", "species", "bins")
    baselines: Sequence[str] = BASELINES
    clusters: int = 0
    probe_epochs: int = 200
    finetune_epochs: int = 35
    threads: int = 1
    device: str = "auto"

    def __post_init__(self) -> None:
        for given, allowed, option in ((self.steps, STEPS, "--steps"), (self.baselines, BASELINES, "--against")):
            if wrong := [name for name in given if name not in allowed]:
                raise UsageError(f"{option} {wrong[0]}: choose from {', '.join(allowed)}")

    @property
    def embedded(self) -> list[str]:
        """Splits that encoders embed."""
        return sorted({split for step in self.steps for split in NEEDS[step]})


def work_ahead(
    plan: PaperPlan,
    encoders: Sequence[Encoder],
    parts: dict[str, Partition],
    baselines: Sequence[str],
    output: Path,
    vectors: Path,
) -> list[str]:
    """Return in words how much work and disk space the run still needs. Speeds are measured on a few barcodes."""
    lines = [", ".join(f"{split} {len(part):,}" for split, part in parts.items()) + " barcodes"]
    disk = 0.0
    for encoder in encoders:
        missing = [split for split in plan.embedded if not encoder.file(vectors, split).exists()]
        number = sum(len(parts[split]) for split in missing)
        size = number * encoder.embedder.dim * 4
        if not number:
            lines.append(f"{encoder.label}: nothing to embed")
            continue
        # The journal of a split takes space until its file is complete.
        disk += size + max(len(parts[split]) for split in missing) * encoder.embedder.dim * 4
        speed = encoder.per_second(list(parts["train"].sequences[:64]))
        lines.append(
            f"{encoder.label}: {number:,} barcodes to embed, about {number / speed / 60:,.0f} min at {speed:,.0f} a "
            f"second; {size / 1e9:,.2f} GB on disk and in memory"
        )
    n_bins = len(parts["test"]) + len(parts["test_unseen"])
    if "bins" in plan.steps:
        lines.append(f"BIN reconstruction: {n_bins:,} barcodes, about {8 * n_bins**2 / 1e9:,.1f} GB in memory")
    if "bins" in plan.steps and not has_umap():
        lines.append("umap-learn is not installed (pip install 'barcodeembed[umap]'): only the variant without it")
    asked = sum(len(parts[split]) for step, (split, _) in ONE_NN.items() if step in plan.steps)
    lines += [f"{name}: {asked:,} queries against {len(parts['train']):,} barcodes" for name in baselines]
    n_train, n_species = len(parts["train"]), len(set(parts["train"].names[:, -1]))
    if "probe" in plan.steps:
        lines.append(f"linear probe: {plan.probe_epochs} epochs over {n_train:,} vectors")
        disk += sum(8 * n_species * encoder.embedder.dim for encoder in encoders)
    if "finetune" in plan.steps:
        lines.append(f"fine-tuning: {plan.finetune_epochs} epochs over {n_train:,} barcodes; use a GPU")
        disk += sum(12 * (n_species * encoder.embedder.dim + encoder.weights) for encoder in encoders)
    written = sum(path.stat().st_size for path in output.rglob("*") if path.is_file())
    free = shutil.disk_usage(output).free
    lines.append(
        f"disk: about {disk / 1e9:,.2f} GB more in {output}, which holds {written / 1e9:,.2f} GB; "
        f"{free / 1e9:,.0f} GB are free"
    )
    return lines
