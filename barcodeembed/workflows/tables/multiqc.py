"""Files for MultiQC: general statistics, a bar of outcomes and a bar of taxa for each sample.

MultiQC finds files of custom content by their names, which must contain ``_mqc``.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from barcodeembed.sequences.batches import STATUSES
from barcodeembed.version import __version__
from barcodeembed.workflows.samples.tally import SampleTally, TaxonKey, label
from barcodeembed.workflows.tables.columns import clean_text
from barcodeembed.workflows.tables.summary import VERDICT_NAMES, CallSummary, Outcomes, all_of, status_name

COLOURS = {
    "named": "#0b7a75",
    "ambiguous": "#c58a0a",
    "new_species": "#6b4fb8",
    "new_genus": "#bd3a72",
    "unplaced": "#7d868c",
}
"""Colours of the verdicts, as on the report page."""

OTHER_COLOURS = ("#d3d6da", "#a3abb3")
"""Colours of reads that are of no taxon: rejected ones, and those that were subtracted."""

MOST_TAXA = 25
"""Number of taxa in a bar; all others are one part of it."""


def verdict_bars(samples: Mapping[str, Outcomes], subtraction: str = "") -> str:
    """Return the file with a bar of outcomes for each sample. Its first column has the names of the samples, quoted.

    ``subtraction`` says what was subtracted from the samples afterwards.
    """
    header = [*VERDICT_NAMES.values(), *(status_name(status) for status in _reasons(samples))]
    rows = {
        sample: [
            *(counts.verdict[verdict] for verdict in VERDICT_NAMES),
            *(counts.status[status] for status in _reasons(samples)),
        ]
        for sample, counts in samples.items()
    }
    description = "What became of the reads. Verdicts need a placed barcode; the rest was rejected."
    description += f" Counted before subtraction: {subtraction}." if subtraction else ""
    colours = {name: COLOURS[verdict] for verdict, name in VERDICT_NAMES.items()}
    return _table("barcodeembed_calls", "calls", description, header, rows, colours)


def taxon_bars(tally: SampleTally, rank: str, subtraction: str = "") -> str:
    """Return the file with a bar of taxa, at this rank, for each sample; rare taxa are put together."""
    taxa: dict[TaxonKey, Counter[str]] = {}
    for key, counts in tally.at_rank(rank).items():
        # Numbered groups are put together: hundreds of them would leave no room for taxa.
        taxa.setdefault(replace(key, group=""), Counter()).update(counts)
    reads = Counter({key: counts.total() for key, counts in taxa.items()})
    kept = sorted(reads, key=lambda key: (-reads[key], label(key)))[:MOST_TAXA]
    names = _unique([label(key) for key in kept])
    others: Counter[str] = Counter()
    for key, counts in taxa.items():
        if key not in kept:
            others.update(counts)
    rows = {
        sample: [*(taxa[key][sample] for key in kept), others[sample], *(of[sample] for of in tally.others().values())]
        for sample in tally.samples
    }
    header = [*names, "other taxa", *tally.others()]
    description = f"Reads by {rank}; what is not named at that rank stands as it was called."
    description += f" Counted after subtraction: {subtraction}." if subtraction else ""
    colours = dict(zip(tally.others(), OTHER_COLOURS, strict=False))
    return _table("barcodeembed_taxa", "taxa", description, header, rows, colours)


def general_statistics(samples: Mapping[str, Outcomes], subtraction: str = "") -> str:
    """Return the file for MultiQC's table of general statistics: reads, shares in percent, species, median identity."""
    before = ", before the subtraction of negative controls" if subtraction else ""
    columns: dict[str, dict[str, Any]] = {
        "reads": {"title": "Reads", "description": f"reads that were classified{before}", "format": "{:,.0f}"},
        "named": {
            "title": "% with a name",
            "description": "% with a name of any rank; the verdict Named is of the deepest rank only",
            "suffix": "%",
            "max": 100,
        },
        "species": {"title": "Species", "description": f"species that were named{before}", "format": "{:,.0f}"},
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
    """Yield the names and texts of all files of a folder for MultiQC."""
    yield "barcodeembed_calls_mqc.tsv", verdict_bars(summary.samples, summary.subtraction)
    yield "barcodeembed_taxa_mqc.tsv", taxon_bars(tally, rank, summary.subtraction)
    yield "barcodeembed_stats_mqc.json", general_statistics(summary.samples, summary.subtraction)
    yield "barcodeembed_mqc_versions.yml", f'"barcodeembed":\n  barcodeembed: "{__version__}"\n'


def _reasons(samples: Mapping[str, Outcomes]) -> list[str]:
    """Return every status but ``ok`` that occurs, the known ones first."""
    status: Counter[str] = Counter()
    for counts in samples.values():
        status.update(counts.status)
    return [one for one in all_of(status, STATUSES) if one != "ok"]


def _unique(names: Sequence[str]) -> list[str]:
    """Return the names; a name that occurs again gets a number, because an ambiguous and a new genus may have the same
    name."""
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
    # Without quotes MultiQC would read the name 12 as a number.
    lines += ["\t".join([f'"{_sample(sample)}"', *map(str, numbers)]) for sample, numbers in rows.items()]
    return "\n".join(lines) + "\n"
