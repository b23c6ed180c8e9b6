"""Queries of orders that a library lacks: the table in docs/experiments.md, from a finished ``benchmark library``.

    python docs/benchmarks/lacking_orders.py RESULTS/arise

For each of the orders with most queries, whole barcodes: a library of the references of this order alone, asked for the
queries of all orders; and a library of all references but those of this order, asked for its queries. Printed: the mean
probability of the order that is given to queries of lacking orders, how many of them get its name, and how many queries
of orders that the library has get the right one.
"""

import argparse
from collections import Counter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from barcodeembed.classify.calibrated import CalibratedLibrary
from barcodeembed.classify.classifier import Classifier
from barcodeembed.classify.fitting.fit_calibration import calibrate
from barcodeembed.taxonomy import RANKS
from barcodeembed.workflows.embedders import open_embedder
from barcodeembed.workflows.index import library_of
from barcodeembed.workflows.references.intake import References, read_references

ORDERS = 6
ORDER = RANKS.index("order")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path, help="folder of a finished run")
    results = parser.parse_args().results
    embedder = open_embedder("default")
    references, queries = (
        read_references([results / "split" / name], embedder, fragments=False)
        for name in ("library.tsv", "queries.tsv")
    )
    whole = library_of(references, model="default", fingerprint=embedder.fingerprint).references
    of_reference, of_query = (np.array([line.names[ORDER] for line in one.lineages]) for one in (references, queries))
    print("| library | of lacking orders: mean `p_order` (number) | given an order | of its orders: right order |")
    print("|---|---|---|---|")
    for order, _ in Counter(of_query.tolist()).most_common(ORDERS):
        for name, rows in ((order, of_reference == order), (f"without {order}", of_reference != order)):
            part = whole.select(np.flatnonzero(rows))
            library = CalibratedLibrary(part, calibrate(part))
            print(f"| {name} | {' | '.join(ask(library, queries, of_query, set(of_reference[rows])))} |", flush=True)


def ask(library: CalibratedLibrary, queries: References, order: NDArray[np.str_], has: set[str]) -> list[str]:
    """Return the three cells of the table for a library that has these orders."""
    calls = Classifier([library]).assign(queries.vectors, queries.columns)
    p = np.array([call.confidence[ORDER] for call in calls])
    named = np.array([call.lineage.names[ORDER] for call in calls])
    own = np.isin(order, list(has))
    return [
        f"{np.nanmean(p[~own]):.2f} ({(~own).sum()})",
        f"{100 * (named[~own] != '').mean():.1f} %",
        f"{100 * (named[own] == order[own]).mean():.1f} %",
    ]


if __name__ == "__main__":
    main()
