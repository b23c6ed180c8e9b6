"""Makes ``barcodeembed/classify/default-calibration.json`` anew: what is assumed of what a library can't teach.

    python docs/benchmarks/default_calibration.py finnish.tsv.gz insects.tsv.gz naturalis.tsv

Each labelled input is made a library, references of it are hidden and looked up as in ``index``, and one model a
rank and length is fitted on the examples of all libraries, each with the same weight. Copies with sequencing errors
are further examples; they weigh half as much. Three sets come out:

- ``models``, for libraries with too few examples. Features that cosine is part of, which depend on the encoder, take
  no part where identities are known.
- ``lone_models``, for ranks of which a library has one taxon: each example sees the references of one taxon only, its
  own or another. They know how far the nearest reference is, nothing else.
- ``lone_models_with_cosine``, the same for libraries made with the encoder that this was run with, the default one.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from barcodeembed.classify.calibration import BANDS, BASES, USUAL_THRESHOLD, Calibration, Models, RankModel
from barcodeembed.classify.features import FEATURES, SCALES
from barcodeembed.classify.fitting.fit_calibration import FALSE_NAMES, LOWEST_THRESHOLD, MOST_FALSE, fit_rank, judged
from barcodeembed.classify.fitting.holdout import PRIOR, Examples, Queries, look_up, look_up_alone
from barcodeembed.classify.logistic import Logistic, fit_logistic
from barcodeembed.library.reference_library import ReferenceLibrary
from barcodeembed.taxonomy import RANKS
from barcodeembed.workflows.embedders import open_embedder
from barcodeembed.workflows.references.intake import read_references

DISTANCE = [FEATURES.index(name) for name in ("log_distance", "distance", "log_distance_squared")]
COSINE = [FEATURES.index("cosine")]
ALL = list(range(len(FEATURES)))
WITHOUT_COSINE = ALL[: FEATURES.index("lead")]

OUTSIDE = 0.03
"""Share of queries that are assumed to be of another taxon if a library has one taxon of a rank. It is more than
``PRIOR`` says of libraries in general, because somebody who has references of one order alone still meets others in
traps and bulk samples."""

Pieces = dict[int, Queries]
Array = NDArray[Any]


def libraries_of(paths: Sequence[str]) -> Iterator[tuple[ReferenceLibrary, Pieces, Pieces]]:
    """Yield each input as a library, with pieces of it by length, and copies with errors by length."""
    embedder = open_embedder("default")
    for path in paths:
        found = read_references([path], embedder)
        library = ReferenceLibrary.build(
            found.ids,
            found.lineages,
            found.bins,
            found.columns,
            found.vectors,
            model="default",
            fingerprint=embedder.fingerprint,
        )
        print(f"{path}: {len(library):,} references", file=sys.stderr)
        whole = Queries(np.arange(len(library)), library.columns, library.stored)
        yield library, {BANDS[-1]: whole, **found.fragments}, found.noisy


def with_features(example: Examples, kept: Sequence[int]) -> Examples:
    """Return the same example as if only these features were known."""
    features = np.zeros_like(example.evidence.features)
    features[:, :, kept] = example.evidence.features[:, :, kept]
    return replace(example, evidence=replace(example.evidence, features=features))


def constant(examples: Sequence[Examples], basis: str) -> Logistic:
    """Return the model for a rank at which nothing can be wrong: it depends on the number of examples, but on no
    feature."""
    n = sum(len(example.truth) for example in examples)
    return fit_logistic(np.zeros((n, len(FEATURES[BASES[basis]]))), np.ones(n, dtype=bool))


def fit_general(examples: Sequence[Examples], noisy: Sequence[Examples], basis: str, rank: str) -> Logistic:
    """Return the model of one rank, fitted as a library fits its own."""
    kept = ALL if basis == "cosine" else WITHOUT_COSINE
    shown, errors = ([with_features(example, kept) for example in some] for some in (examples, noisy))
    return fit_rank(shown, basis, rank, Logistic(0.0, (0.0,) * len(FEATURES[BASES[basis]])), errors).logistic


def fit_lone(examples: Sequence[Examples], basis: str, rank: str, kept: Sequence[int]) -> RankModel:
    """Return the model of one rank of which a library has one taxon.

    Right and wrong examples weigh alike, because otherwise the wrong ones are too few to show what they look like. Then
    the odds are set to their shares, those of the wrong ones to at least ``OUTSIDE``. The threshold is the probability
    that one in twenty of the wrong ones exceeds (of species one in fifty), if it is more than even odds and less than
    the usual threshold.
    """
    features, right, weight, _ = judged([with_features(example, kept) for example in examples], rank)
    if right.all():
        raise ValueError(f"no input has two taxa at rank {rank}: one with several phyla is needed")
    wrong_share = max(OUTSIDE, weight[~right].sum() / weight.sum())
    even = np.where(right, weight / weight[right].sum(), weight / weight[~right].sum())
    used = BASES[basis]
    model = fit_logistic(features[:, used], right, even, scale=np.array(SCALES[used]))
    model = replace(model, bias=model.bias + float(np.log((1 - wrong_share) / wrong_share)))
    exceeded = np.quantile(model(features[~right][:, used]), 1 - (FALSE_NAMES if rank == RANKS[-1] else MOST_FALSE))
    return RankModel(model, round(float(np.clip(exceeded, LOWEST_THRESHOLD, USUAL_THRESHOLD)), 4))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("inputs", nargs="+", help="labelled records: tables, FASTA or FASTQ")
    arguments = parser.parse_args()
    content = fit_all(list(libraries_of(arguments.inputs)))
    path = Path(str(files("barcodeembed.classify"))) / "default-calibration.json"
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def fit_all(libraries: Sequence[tuple[ReferenceLibrary, Pieces, Pieces]]) -> dict[str, Any]:
    """Return the content of the file."""
    rng, rng_noisy = np.random.default_rng(0), np.random.default_rng([0, 1])
    sets: dict[str, Models] = {"models": {}, "lone_models": {}, "lone_models_with_cosine": {}}
    # Barcodes that several species share stay examples of one of them: of these the models learn that a tie is no name.
    known = [(library, library.taxa.codes, pieces, copies) for library, pieces, copies in libraries]
    for band in BANDS:
        general = [one for library, truth, pieces, _ in known for one in look_up(library, truth, pieces[band], rng)]
        noisy = [one for library, truth, _, more in known for one in look_up(library, truth, more[band], rng_noisy)]
        for rank in RANKS:
            lone = [
                one
                for library, truth, pieces, _ in known
                for one in look_up_alone(library, truth, pieces[band], rank, rng)
            ]
            for basis in BASES:
                kept = {"lone_models": DISTANCE, "lone_models_with_cosine": DISTANCE + COSINE}
                for name, models in sets.items():
                    if rank == RANKS[0]:
                        model = RankModel(constant(general, basis))
                    elif name == "models":
                        model = RankModel(fit_general(general, noisy, basis, rank))
                    else:
                        model = fit_lone(lone, basis, rank, kept[name] if basis == "identity" else COSINE)
                    models[basis, band, rank] = model
            print(f"{band} columns, {rank}: done", file=sys.stderr)
    facts = {
        "fitted_on": f"{len(libraries)} public libraries, see docs/classify.md",
        "model_fingerprint": libraries[0][0].manifest["model_fingerprint"],
        "prior": PRIOR,
        "outside": OUTSIDE,
    }
    content = Calibration({}, facts).to_dict()
    return content | {name: Calibration(models).to_dict()["models"] for name, models in sets.items()}


if __name__ == "__main__":
    main()
