"""Makes ``barcodeembed/search/default-calibration.json``: what is assumed of a library too small to learn it from.

    python docs/benchmarks/default_calibration.py finnish.tsv.gz insects.tsv.gz naturalis.tsv > default-calibration.json

Each labelled input is made a library, references of it are hidden and looked up as in ``index``, and one model a
rank and length is fitted on the examples of all libraries, each with the same weight. Figures on cosine, which depend
on the encoder, take no part where identities are known.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from barcodeembed.search.calibration import BANDS, BASES, Calibration, Models, RankModel
from barcodeembed.search.evidence import COSINE_FIGURES
from barcodeembed.search.leave_out import PRIOR, Examples, Fragments, fit_rank, look_up
from barcodeembed.search.library import ReferenceLibrary
from barcodeembed.search.logistic import Logistic
from barcodeembed.taxonomy import RANKS
from barcodeembed.workflows.embedders import open_embedder
from barcodeembed.workflows.references import read_references


def examples_of(path: str) -> dict[int, list[Examples]]:
    """Looked-up references of one library, by length."""
    embedder = open_embedder("default")
    found = read_references([path], embedder)
    library = ReferenceLibrary.build(
        found.ids, found.lineages, found.bins, found.columns, found.vectors, model="", fingerprint=""
    )
    whole = Fragments(np.arange(len(library)), library.columns, library.stored)
    rng = np.random.default_rng(0)
    pieces = {BANDS[-1]: whole, **found.fragments}
    return {band: list(look_up(library, piece, rng)) for band, piece in pieces.items()}


def without_cosine(example: Examples) -> Examples:
    """The same example as if all cosines were equal."""
    figures = example.evidence.figures.copy()
    figures[:, :, COSINE_FIGURES] = 0
    return replace(example, evidence=replace(example.evidence, figures=figures))


def main(paths: Sequence[str]) -> None:
    libraries = [examples_of(path) for path in paths]
    models: Models = {}
    for band in BANDS:
        pooled = [example for library in libraries for example in library[band]]
        for basis, used in BASES.items():
            shown = [without_cosine(example) for example in pooled] if basis == "identity" else pooled
            for rank in RANKS:
                nothing = Logistic(0.0, (0.0,) * (used.stop - used.start))
                fitted = fit_rank(shown, basis, rank, nothing)
                models[basis, band, rank] = RankModel(fitted.logistic)
    facts = {"fitted_on": f"{len(paths)} public libraries, see docs/classify.md", "prior": PRIOR}
    print(json.dumps(Calibration(models, facts).to_dict(), indent=1))


if __name__ == "__main__":
    main(sys.argv[1:])
