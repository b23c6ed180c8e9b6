"""Write features x samples for other programs: BIOM, the three tables of phyloseq and vegan, AnnData.

All files hold the same numbers: one row (in AnnData, one column) for each distinct sequence, and one named ``rejected``
for the rejected reads, so that the numbers of every sample add up to its reads.

Letters in shapes: F features, S samples.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from barcodeembed.errors import UsageError, reason_of
from barcodeembed.outputs.sink import Sink
from barcodeembed.taxonomy import RANKS
from barcodeembed.version import __version__
from barcodeembed.workflows.samples.descriptions import Descriptions, described
from barcodeembed.workflows.samples.tally import SampleTally, label

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

_NO_DATE = datetime(1970, 1, 1, tzinfo=UTC)
"""A fixed date, because BIOM requires one and equal calls must give equal bytes."""

_BROKEN = (AttributeError, LookupError, OSError, RuntimeError, TypeError, ValueError)
"""Errors of packages that cannot be loaded, other than that they are missing."""


@dataclass(frozen=True)
class Matrix:
    """Reads of F features in S samples.

    ``counts`` is a sparse int64 matrix (F, S). ``ids`` are the names of the features, ``labels`` their taxa in words,
    ``lineages`` (F, 7) their names by rank, ``verdicts`` and ``confidences`` their calls and the probabilities of
    these. Rows from ``n_features`` on are not features, but the reads that were rejected or subtracted.
    ``descriptions`` has by column what the sample sheet says of each of the S samples.
    """

    ids: list[str]
    samples: list[str]
    counts: csr_matrix
    labels: list[str]
    lineages: list[tuple[str, ...]]
    verdicts: list[str]
    confidences: list[float]
    n_features: int
    descriptions: dict[str, list[str]]

    @classmethod
    def of(cls, tally: SampleTally, descriptions: Descriptions | None = None) -> Matrix:
        """Return the matrix of a tally that kept its features, with the descriptions of its samples."""
        from scipy.sparse import csr_matrix  # loaded only here, so that classify starts faster

        samples = list(tally.samples)
        at = {sample: place for place, sample in enumerate(samples)}
        features = list(tally.features.values())
        others = tally.others()
        rows = [*(feature.reads for feature in features), *others.values()]
        cells = [(row, at[sample], number) for row, reads in enumerate(rows) for sample, number in reads.items()]
        places, numbers = ([row for row, _, _ in cells], [column for _, column, _ in cells]), [n for _, _, n in cells]
        return cls(
            [*(feature.id for feature in features), *others],
            samples,
            csr_matrix((numbers, places), shape=(len(rows), len(samples)), dtype="int64"),
            [*(label(feature.key) for feature in features), *others],
            [*(feature.key.lineage.names for feature in features), *[("",) * len(RANKS)] * len(others)],
            [*(feature.key.verdict for feature in features), *others],
            [*(feature.confidence for feature in features), *[float("nan")] * len(others)],
            len(features),
            dict(described(samples, descriptions or {})),
        )


def need(package: str, module: str, option: str) -> Any:
    """Return a module of a package that only one option needs.

    Raises
    ------
    UsageError
        naming the package, if it is not installed, or cannot be loaded: AnnData ends with an error of its own where
        Python leaves docstrings out (``PYTHONOPTIMIZE=2``).
    """
    import importlib

    try:
        return importlib.import_module(module)
    except ImportError:
        raise UsageError(
            f"{option} needs the package {package}: `pip install {package}`, or leave {option} out"
        ) from None
    except _BROKEN as error:
        cure = "unset PYTHONOPTIMIZE" if sys.flags.optimize > 1 else f"`pip install --force-reinstall {package}`"
        raise UsageError(
            f"{option} needs the package {package}, which cannot be loaded here ({reason_of(error)}): {cure}, or leave "
            f"{option} out"
        ) from error


def write_biom(path: Path, matrix: Matrix) -> None:
    """Write BIOM 2.1 (HDF5), as ``biom`` and QIIME 2 read it: lineages are observation metadata, descriptions of
    samples sample metadata.

    Raises
    ------
    UsageError
        if biom-format is not installed.
    OSError
        if the disk is full.
    """
    biom = need("biom-format", "biom", "--biom")
    import h5py

    taxonomy = [
        {"taxonomy": [f"{rank[0]}__{name}" for rank, name in zip(RANKS, names, strict=True)]}
        for names in matrix.lineages
    ]
    names, columns = list(matrix.descriptions), matrix.descriptions.values()
    about = [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)] or None
    table = biom.Table(matrix.counts, matrix.ids, matrix.samples, taxonomy, about, type="OTU table")
    with Sink(path) as sink:
        with h5py.File(sink, "w") as file:
            table.to_hdf5(file, f"barcodeembed {__version__}", creation_date=_NO_DATE)
        sink.settle()


def phyloseq_tables(matrix: Matrix) -> Iterator[tuple[str, Iterator[str]]]:
    r"""Yield the file names and lines of the three tables that phyloseq and vegan read without edits.

    ``otu_table.tsv`` is features x samples, ``tax_table.tsv`` features x ranks, and ``sample_table.tsv`` has a row for
    each sample, with its description. The first column of each names its rows (in R: ``read.table(file, header = TRUE,
    sep = "\t", row.names = 1)``).
    """
    yield "otu_table.tsv", _otu_lines(matrix)
    yield "tax_table.tsv", _tax_lines(matrix)
    yield "sample_table.tsv", _sample_lines(matrix)


def _otu_lines(matrix: Matrix) -> Iterator[str]:
    yield "\t".join(["feature", *matrix.samples]) + "\n"
    for place, id in enumerate(matrix.ids):
        yield "\t".join([id, *map(str, matrix.counts[[place]].toarray()[0].tolist())]) + "\n"


def _tax_lines(matrix: Matrix) -> Iterator[str]:
    yield "\t".join(["feature", *(rank.capitalize() for rank in RANKS), "Verdict", "Taxon"]) + "\n"
    for id, names, verdict, taxon in zip(matrix.ids, matrix.lineages, matrix.verdicts, matrix.labels, strict=True):
        yield "\t".join([id, *names, verdict, taxon]) + "\n"


def _sample_lines(matrix: Matrix) -> Iterator[str]:
    yield "\t".join(["sample", "reads", "features", *matrix.descriptions]) + "\n"
    reads = matrix.counts.sum(axis=0).tolist()[0]
    features = matrix.counts[: matrix.n_features].getnnz(axis=0).tolist()
    for sample, *values in zip(matrix.samples, reads, features, *matrix.descriptions.values(), strict=True):
        yield "\t".join([sample, *map(str, values)]) + "\n"


def write_anndata(path: Path, matrix: Matrix) -> None:
    """Write an AnnData file: samples are observations, features are variables, counts are a sparse int64 matrix (S, F).

    Raises
    ------
    UsageError
        if anndata is not installed.
    OSError
        if the disk is full.
    """
    anndata = need("anndata", "anndata", "--anndata")
    pandas = need("pandas", "pandas", "--anndata")
    write_elem = need("anndata", "anndata.io", "--anndata").write_elem
    import h5py

    var = pandas.DataFrame(
        {rank: [names[place] for names in matrix.lineages] for place, rank in enumerate(RANKS)}
        | {"verdict": matrix.verdicts, "taxon": matrix.labels, "confidence": matrix.confidences},
        index=matrix.ids,
    )
    reads = matrix.counts.sum(axis=0).tolist()[0]
    obs = pandas.DataFrame({"reads": reads, **matrix.descriptions}, index=matrix.samples)
    data = anndata.AnnData(matrix.counts.T.tocsr(), obs=obs, var=var)
    data.strings_to_categoricals()  # as its own write_h5ad does, which takes no Sink
    with Sink(path) as sink:
        with h5py.File(sink, "w") as file:
            write_elem(file, "/", data)
        sink.settle()
