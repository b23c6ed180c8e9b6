"""Results that others have published, with their sources. Reports show them beside measured results and never mix the
two."""

from __future__ import annotations

from typing import NamedTuple


class Published(NamedTuple):
    """A published result in percent, as its source gives it.

    ``measure`` is ``genus`` (1-NN of unseen species), ``ami`` (BIN reconstruction), ``probe`` (linear probe, seen
    species) or ``finetuned`` (fine-tuning, seen species).
    """

    model: str
    measure: str
    value: float
    source: str


_TABLE = "BIOSCAN-5M paper, table of closed- and open-world results (arXiv 2406.12723)"
_TABLE_BLAST = "README of BarcodeBERT, branch BIOSCAN-5M (the same table with a row for BLAST)"
_CLUSTERS = "BarcodeBERT, branch BIOSCAN-5M, ZSC_Taxa.ipynb (2025-02-09): UMAP to 64, Ward with 4,363 clusters"
_OWN = "comment in the training scripts of BarcodeMAE's authors"
_PLUS = "BarcodeMAE+, temperature_ablation_bioscan5m.csv (commit 9bf727d): trained with genus labels"

PUBLISHED = (
    Published("BLAST", "finetuned", 99.78, _TABLE_BLAST),
    Published("BLAST", "genus", 58.74, _TABLE_BLAST),
    Published("CNN baseline", "finetuned", 97.70, _TABLE),
    Published("CNN baseline", "genus", 29.88, _TABLE),
    Published("Nucleotide Transformer", "finetuned", 98.99, _TABLE),
    Published("Nucleotide Transformer", "probe", 52.41, _TABLE),
    Published("Nucleotide Transformer", "genus", 21.67, _TABLE),
    Published("Nucleotide Transformer", "ami", 37.11, _CLUSTERS),
    Published("DNABERT-2", "finetuned", 99.23, _TABLE),
    Published("DNABERT-2", "probe", 67.81, _TABLE),
    Published("DNABERT-2", "genus", 17.99, _TABLE),
    Published("DNABERT-2", "ami", 77.00, _CLUSTERS),
    Published("DNABERT-S", "finetuned", 98.99, _TABLE),
    Published("DNABERT-S", "probe", 95.50, _TABLE),
    Published("DNABERT-S", "genus", 17.70, _TABLE),
    Published("DNABERT-S", "ami", 87.63, _CLUSTERS),
    Published("HyenaDNA", "finetuned", 98.71, _TABLE),
    Published("HyenaDNA", "probe", 54.82, _TABLE),
    Published("HyenaDNA", "genus", 19.26, _TABLE),
    Published("HyenaDNA", "ami", 84.68, _CLUSTERS),
    Published("BarcodeBERT (CANADA-1.5M)", "finetuned", 98.52, _TABLE),
    Published("BarcodeBERT (CANADA-1.5M)", "probe", 91.93, _TABLE),
    Published("BarcodeBERT (CANADA-1.5M)", "genus", 23.15, _TABLE),
    Published("BarcodeBERT (CANADA-1.5M)", "ami", 74.24, _CLUSTERS),
    Published("BarcodeBERT 8-4-4 (BIOSCAN-5M)", "finetuned", 99.28, _TABLE),
    Published("BarcodeBERT 8-4-4 (BIOSCAN-5M)", "probe", 94.47, _TABLE),
    Published("BarcodeBERT 8-4-4 (BIOSCAN-5M)", "genus", 47.03, _TABLE),
    Published("BarcodeBERT (BIOSCAN-5M, authors' sweep)", "genus", 58.31, _OWN),
    Published("BarcodeMamba", "ami", 82.92, _CLUSTERS),
    Published("Caduceus", "ami", 65.55, _CLUSTERS),
    Published("BarcodeMAE", "ami", 80.27, _CLUSTERS),
    Published("BarcodeMAE+ (semi-supervised)", "genus", 80.65, _PLUS),
)
"""Genus accuracy and harmonic mean of BarcodeMAE itself are missing, because no source states them. Its abstract (arXiv
2502.18405) says more than 10 % above BarcodeBERT, which would be 68.3 if points are meant."""

BY_RANK = {
    "BarcodeBERT 8-4-4 (BIOSCAN-5M)": (99.65, 99.18, 91.96, 47.03),
    "BarcodeBERT 4-4-4 (CANADA-1.5M)": (99.97, 99.88, 91.08, 40.96),
    "DNABERT (6-mer)": (97.85, 93.96, 65.58, 25.94),
    "HyenaDNA": (96.73, 89.72, 60.39, 20.49),
    "Nucleotide Transformer": (97.97, 89.52, 58.01, 19.99),
    "DNABERT-S": (97.38, 87.10, 56.04, 18.05),
    "DNABERT-2": (97.73, 83.45, 49.85, 16.08),
}
"""For each model, 1-NN accuracy of unseen species at class, order, family and genus, in percent, from
:data:`BY_RANK_SOURCE`. This was another run than that of the table above, so genus differs by up to two points."""

BY_RANK_SOURCE = "BarcodeBERT, branch BIOSCAN-5M, KNN_Taxa.ipynb: 3,396 queries"
