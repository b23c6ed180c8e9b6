"""The table of calibration errors in docs/experiments.md, from finished runs of ``benchmark library``.

    python docs/benchmarks/calibration_error.py RESULTS/arise RESULTS/finnish

Ten bins of the stated probability; queries of known and of new species are weighted to a share of 50, 30 and 20 % new.
"""

import argparse
import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

SHARES = (0.5, 0.3, 0.2)
RANKS = ("species", "genus", "family")
LENGTHS = ("full", "313", "200", "130")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", type=Path, nargs="+", help="folders of finished runs")
    arguments = parser.parse_args()
    print("| library | columns | " + " | ".join(RANKS) + " |\n|---|---|" + "---|" * len(RANKS))
    for run in arguments.runs:
        with (run / "predictions" / "barcodeembed_default.tsv").open(newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t"))
        for length in LENGTHS:
            own = [row for row in rows if row["length"] == length and row["set"] != "unseen_genus"]
            cells = [" / ".join(f"{error:.3f}" for error in errors(own, rank)) for rank in RANKS]
            print(f"| {run.name} | {length} | {' | '.join(cells)} |")


def errors(rows: list[dict[str, str]], rank: str) -> Iterator[float]:
    """Yield the mean distance between probability and share of right candidates, for each of ``SHARES``."""
    judged = [row for row in rows if row[f"confidence_{rank}"] and row[f"true_{rank}"]]
    p = np.array([float(row[f"confidence_{rank}"]) for row in judged])
    right = np.array([row[f"candidate_{rank}"] == row[f"true_{rank}"] for row in judged])
    new = np.array([row["set"] == "unseen_species" for row in judged])
    for share in SHARES:
        yield binned_error(p, right, np.where(new, share / new.sum(), (1 - share) / (~new).sum()))


def binned_error(p: NDArray[np.float64], right: NDArray[np.bool_], weight: NDArray[np.float64]) -> float:
    """Return the sum over ten bins of |weighted probability - weighted share of right candidates|."""
    place = np.minimum((p * 10).astype(int), 9)
    return float(sum(abs((weight * (p - right))[place == b].sum()) for b in range(10)) / weight.sum())


if __name__ == "__main__":
    main()
