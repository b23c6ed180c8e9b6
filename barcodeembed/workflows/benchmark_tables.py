"""Markdown tables of results; each explains itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from barcodeembed.workflows.benchmark_scores import ALL, SCORED_RANKS

SET_NAMES = {
    "seen": "species in the library",
    "unseen_species": "species not in the library, genus is",
    "unseen_genus": "genus not in the library",
    ALL: "all queries",
}


def markdown(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; the first column is text, the others are numbers."""
    lines = ["| " + " | ".join(header) + " |", "|---|" + "---:|" * (len(header) - 1)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def percent(share: float | None, digits: int = 1) -> str:
    """``93.4``; a dash where there is no number."""
    return "-" if share is None or share != share else f"{100 * share:.{digits}f}"


def number(value: float | None, digits: int = 3) -> str:
    """A number with fixed decimals; a dash where there is none."""
    return "-" if value is None or value != value else f"{value:,.{digits}f}"


def _split_score(score: dict[str, Any]) -> str:
    """``right / wrong / blank`` in percent of those scored."""
    scored = score["scored"]
    if not scored:
        return "-"
    return " / ".join(f"{100 * score[part] / scored:.1f}" for part in ("right", "wrong", "blank"))


def library_tables(results: dict[str, Any]) -> str:
    """The whole of results.md of ``benchmark library``."""
    library, rows = results["library"], results["rows"]
    inputs = ", ".join(f"`{facts['path']}`" for facts in results["inputs"])
    parts = [
        f"# Benchmark on {inputs}\n",
        f"{results['tool']}, {results['threads']} thread(s) for every program, seed {results['seed']}. Library: "
        f"{library['barcodes']:,} distinct barcodes of {library['species']:,} species, {library['genus']:,} genera, "
        f"{library['family']:,} families.\n",
        "Right / wrong / blank in percent of the queries whose true name at the rank is known. A name that is not the "
        "true one is wrong, also where the true one is not in the library: blank is the only other answer there.\n",
    ]
    if results["left_out"]:
        parts.append(
            "Notes on the input: " + ", ".join(f"{n:,} {why}" for why, n in results["left_out"].items()) + ".\n"
        )
    parts += [f"{line}.\n" for line in results["not_installed"]]
    for length, counts in results["queries"].items():
        parts.append(f"## Queries of {'full length' if length == 'full' else length + ' bases'}\n")
        for name in [name for name in SET_NAMES if counts.get(name)]:
            parts.append(f"{counts[name]:,} queries: {SET_NAMES[name]}\n")
            table = [
                [row, *(_split_score(facts["lengths"][length]["ranks"][name][rank]) for rank in SCORED_RANKS)]
                for row, facts in rows.items()
            ]
            parts.append(markdown(["method", *SCORED_RANKS], table))
        parts.append("New or known, calibration, and cost\n")
        parts.append(markdown(_COST_HEADER, [_cost_row(row, facts, length) for row, facts in rows.items()]))
    parts.append("## Methods\n")
    parts += [f"- **{row}**: {facts['meaning']}. {facts['version']}" for row, facts in rows.items()]
    parts.append(
        "\nAUROC: chance that a query of an unseen species looks newer than one of a seen species (0.5 is a coin). "
        "Calibration error: mean distance between stated confidence and share that is right, in 10 bins; only for "
        "methods that state a probability. Queries per second: the program's whole run on the queries, start and "
        "loading included, building the database not; per CPU second: the same where "
        "other work slows all programs down. Memory: the program's own peak, building included.\n"
    )
    return "\n".join(parts)


_COST_HEADER = [
    "method",
    "novelty AUROC",
    *(f"calibration error, {rank}" for rank in ("species", "genus", "family")),
    "queries/s",
    "queries/CPU s",
    "peak MB",
]


def _cost_row(row: str, facts: dict[str, Any], length: str) -> list[str]:
    found = facts["lengths"][length]
    errors = [found["calibration"].get(rank, {}).get("error") for rank in ("species", "genus", "family")]
    return [
        row,
        number(found["novelty_auroc"]),
        *map(number, errors),
        number(found["per_second"], 1),
        number(found["per_cpu_second"], 1),
        f"{facts['peak_bytes'] / 1e6:,.0f}",
    ]
