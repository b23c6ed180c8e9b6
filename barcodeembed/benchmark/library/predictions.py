"""Save predictions, read them back, and compute every score from them.

There is one TSV for each row of the results table. Its columns are ``query_id length set``; then for each rank the true
name, the name called, the candidate and its confidence; and ``novelty``. Scores are always computed from what was
saved, so that anybody can check them.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from barcodeembed.benchmark import metrics
from barcodeembed.benchmark.peers.names import Names
from barcodeembed.outputs.staging import staged
from barcodeembed.taxonomy import RANKS

SCORED_RANKS = ("species", "genus", "family", "order")

ALL = "all"
"""Name for all query sets together."""


@dataclass(frozen=True)
class Predictions:
    """The answers to Q queries of one fragment length.

    Attributes
    ----------
    ids, sets
        ids of the queries and the names of their sets, text (Q,).
    truth, called, candidates
        true names, names called, and best candidates, text (Q, R).
    confidence
        probability of each candidate, float32 (Q, R).
    novelty
        how much each query looks like a new species, float32 (Q,).
    """

    ids: NDArray[np.object_]
    sets: NDArray[np.object_]
    truth: NDArray[np.object_]
    called: NDArray[np.object_]
    candidates: NDArray[np.object_]
    confidence: NDArray[np.float32]
    novelty: NDArray[np.float32]

    @classmethod
    def of(cls, ids: Sequence[str], sets: Sequence[str], truth: NDArray[np.object_], names: Names) -> Predictions:
        """Return the answers ``names`` to these queries."""
        answers = (names.called, names.candidates, names.confidence, names.novelty)
        return cls(np.array(ids, dtype=object), np.array(sets, dtype=object), truth, *answers)


_FIELDS = ("true", "called", "candidate", "confidence")
_HEADER = ["query_id", "length", "set", *(f"{field}_{rank}" for rank in RANKS for field in _FIELDS), "novelty"]


def write_predictions(by_length: dict[str, Predictions], path: Path) -> None:
    """Write the predictions of all lengths into one table."""
    with staged(path) as place, place.open("x", encoding="utf-8") as file:
        print(*_HEADER, sep="\t", file=file)
        for length, given in by_length.items():
            for query in range(len(given.ids)):
                print(given.ids[query], length, given.sets[query], *_row(given, query), sep="\t", file=file)


def _row(given: Predictions, query: int) -> Iterator[str]:
    for rank in range(len(RANKS)):
        yield from (given.truth[query, rank], given.called[query, rank], given.candidates[query, rank])
        yield _number(given.confidence[query, rank])
    yield _number(given.novelty[query])


def _number(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.6g}"


def read_predictions(path: Path) -> dict[str, Predictions]:
    """Return, by length, the predictions that :func:`write_predictions` wrote."""
    by_length: dict[str, list[dict[str, str]]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            by_length.setdefault(row["length"], []).append(row)

    def text(rows: list[dict[str, str]], field: str) -> NDArray[np.object_]:
        return np.array([[row[f"{field}_{rank}"] for rank in RANKS] for row in rows], dtype=object)

    return {
        length: Predictions(
            np.array([row["query_id"] for row in rows], dtype=object),
            np.array([row["set"] for row in rows], dtype=object),
            text(rows, "true"),
            text(rows, "called"),
            text(rows, "candidate"),
            np.array([[float(row[f"confidence_{rank}"] or "nan") for rank in RANKS] for row in rows], np.float32),
            np.array([float(row["novelty"] or "nan") for row in rows], np.float32),
        )
        for length, rows in by_length.items()
    }


def score_all(given: Predictions) -> dict[str, Any]:
    """Return every score of the answers to queries of one length, as plain values: by set and rank, of novelty, and of
    calibration."""
    found = metrics.outcomes(given.truth, given.called)
    sets = {name: given.sets == name for name in sorted(set(given.sets))}
    sets[ALL] = np.ones(len(given.ids), dtype=bool)
    new = given.sets != "seen"
    known = ~np.isnan(given.novelty)
    return {
        "queries": {name: int(rows.sum()) for name, rows in sets.items()},
        "ranks": {
            name: {
                rank: {
                    **metrics.score(found[rows, RANKS.index(rank)]).to_dict(),
                    "balanced_accuracy": _balanced(given, rows, rank),
                }
                for rank in SCORED_RANKS
            }
            for name, rows in sets.items()
        },
        "novelty_auroc": metrics.auroc(given.novelty[known], new[known]),
        "calibration": {rank: calibration for rank in SCORED_RANKS if (calibration := _calibration(given, rank))},
    }


def _balanced(given: Predictions, rows: NDArray[np.bool_], rank: str) -> float:
    place = RANKS.index(rank)
    scored = rows & (given.truth[:, place] != "")
    return metrics.balanced_accuracy(given.truth[scored, place], given.called[scored, place])


def candidates_of(given: Predictions, rank: str) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return the confidence of each candidate at a rank, and whether the candidate is right. Queries that have no true
    name at this rank are left out."""
    place = RANKS.index(rank)
    scored = given.truth[:, place] != ""
    right = given.candidates[scored, place] == given.truth[scored, place]
    return given.confidence[scored, place], right.astype(bool)


def _calibration(given: Predictions, rank: str) -> dict[str, Any]:
    confidence, right = candidates_of(given, rank)
    if np.isnan(confidence).all():
        return {}
    bins = metrics.reliability(confidence, right)
    return {"error": bins.error, **bins.to_dict()}
