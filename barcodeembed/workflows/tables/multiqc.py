"""What MultiQC shows of a run: general statistics, a bar of outcomes and a bar of taxa for each sample.

Files of custom content are found by their names, which have to hold ``_mqc``.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from barcodeembed import __version__
from barcodeembed.sequences.batches import STATUSES
from barcodeembed.workflows.samples.tally import REJECTED, SampleTally, TaxonKey, label
from barcodeembed.workflows.tables.columns import clean_text
from barcodeembed.workflows.tables.summary import VERDICT_NAMES, CallSummary, Outcomes, all_of, status_name

COLOURS = {
    "named": "#0b7a75",
    "ambiguous": "#c58a0a",
    "new_species": "#6b4fb8",
    "new_genus": "#bd3a72",
    "unplaced": "#7d868c",
}
"""Of verdicts, as on the report page."""

REJECTED_COLOUR = "#d3d6da"

MOST_TAXA = 25
"""Taxa in the bar of taxa; the others are one part of it."""


def verdict_bars(samples: Mapping[str, Outcomes]) -> str:
    """Return the file for a bar of outcomes a sample. Its first column has the samples' names, quoted."""
    header = [*VERDICT_NAMES.values(), *(status_name(status) for status in _reasons(samples))]
    rows = {
        sample: [
            *(counts.verdict[verdict] for verdict in VERDICT_NAMES),
            *(counts.status[status] for status in _reasons(samples)),
        ]
        for sample, counts in samples.items()
    }
    description = "What became of the reads. Verdicts need a placed barcode; the rest was rejected."
    colours = {name: COLOURS[verdict] for verdict, name in VERDICT_NAMES.items()}
    return _table("barcodeembed_calls", "calls", description, header, rows, colours)


def taxon_bars(tally: SampleTally, rank: str) -> str:
    """Return the file for a bar of taxa at a rank for each sample; the rarer taxa are put together."""
    taxa: dict[TaxonKey, Counter[str]] = {}
    for key, counts in tally.at_rank(rank).items():
        # Hundreds of numbered groups would leave no part of the bar to taxa.
        taxa.setdefault(replace(key, group=""), Counter()).update(counts)
    reads = Counter({key: counts.total() for key, counts in taxa.items()})
    kept = sorted(reads, key=lambda key: (-reads[key], label(key)))[:MOST_TAXA]
    names = _unique([label(key) for key in kept])
    others: Counter[str] = Counter()
    for key, counts in taxa.items():
        if key not in kept:
            others.update(counts)
    rows = {
        sample: [*(taxa[key][sample] for key in kept), others[sample], tally.rejected[sample]]
        for sample in tally.samples
    }
    header = [*names, "other taxa", REJECTED]
    description = f"Reads by {rank}; what is not named at that rank stands as it was called."
    return _table("barcodeembed_taxa", "taxa", description, header, rows, {REJECTED: REJECTED_COLOUR})


def general_statistics(samples: Mapping[str, Outcomes]) -> str:
    """Return the file for the table of general statistics: reads, shares in percent, species, median identity."""
    columns: dict[str, dict[str, Any]] = {
        "reads": {"title": "Reads", "description": "reads that were classified", "format": "{:,.0f}"},
        "named": {"title": "% named", "description": "reads with a name of any rank", "suffix": "%", "max": 100},
        "species": {"title": "Species", "description": "species that were named", "format": "{:,.0f}"},
        "identity": {
            "title": "Identity",
            "description": "median with the nearest reference",
            "suffix": "%",
            "max": 100,
        },
        "flagged": {
            "title": "% flagged",
            "description": "reads with a flag",
            "suffix": "%",
            "max": 100,
            "scale": "Reds",
        },
    }
    data = {}
    for sample, counts in samples.items():
        identity, total = counts.median_identity, max(counts.reads, 1)
        data[_sample(sample)] = {
            "reads": counts.reads,
            "named": round(100 * counts.named / total, 2),
            "species": len(counts.species),
            **({} if math.isnan(identity) else {"identity": round(100 * identity, 1)}),
            "flagged": round(100 * counts.flagged / total, 2),
        }
    content = {"id": "barcodeembed_stats", "plot_type": "generalstats", "headers": columns, "data": data}
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def multiqc_files(summary: CallSummary, tally: SampleTally, rank: str = "order") -> Iterator[tuple[str, str]]:
    """Yield the names and texts of all files for a folder that MultiQC is pointed at."""
    yield "barcodeembed_calls_mqc.tsv", verdict_bars(summary.samples)
    yield "barcodeembed_taxa_mqc.tsv", taxon_bars(tally, rank)
    yield "barcodeembed_stats_mqc.json", general_statistics(summary.samples)
    yield "barcodeembed_mqc_versions.yml", f'"barcodeembed":\n  barcodeembed: "{__version__}"\n'


def _reasons(samples: Mapping[str, Outcomes]) -> list[str]:
    """Every status but ``ok``, the usual ones first."""
    status: Counter[str] = Counter()
    for counts in samples.values():
        status.update(counts.status)
    return [one for one in all_of(status, STATUSES) if one != "ok"]


def _unique(names: Sequence[str]) -> list[str]:
    """The names; one that comes again gets a number (an ambiguous genus and a new one may read alike)."""
    seen: Counter[str] = Counter()
    result = []
    for name in names:
        seen[name] += 1
        result.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return result


def _sample(name: str) -> str:
    return clean_text(name).replace('"', "'")


def _table(
    id: str,
    title: str,
    description: str,
    header: Sequence[str],
    rows: Mapping[str, Sequence[int]],
    colours: Mapping[str, str],
) -> str:
    lines = [
        f"# id: {id}",
        "# section_name: barcodeembed" + ("" if title == "calls" else f" {title}"),
        f"# description: {description}",
        "# plot_type: bargraph",
        "# pconfig:",
        f"#     id: {id}_plot",
        f"#     title: 'barcodeembed: {title}'",
        "#     ylab: 'Reads'",
    ]
    if colours:
        lines += ["# categories:", *(f"#     {name}: {{color: '{colour}'}}" for name, colour in colours.items())]
    lines.append("\t".join(["Sample", *(clean_text(name) for name in header)]))
    # Quotes keep MultiQC from taking the name 12 for a number.
    lines += ["\t".join([f'"{_sample(sample)}"', *map(str, numbers)]) for sample, numbers in rows.items()]
    return "\n".join(lines) + "\n"
