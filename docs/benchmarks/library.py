"""Write docs/benchmarks/library.md from finished runs of ``benchmark library``.

    python docs/benchmarks/library.py RESULTS/arise RESULTS/finnish > docs/benchmarks/library.md

Each folder is the ``-o`` of one run.
"""

import argparse
import json
from pathlib import Path
from typing import Any

from barcodeembed.benchmark.report_parts import markdown, number

HEAD = """# Libraries: ours, BLAST and VSEARCH on the same queries

Made by `docs/benchmarks/library.py` from the results of

```
pip download --no-deps --no-binary barcode-validator -d DIR barcode-validator==2.0.10
python docs/benchmarks/arise.py DIR/barcode_validator-2.0.10.tar.gz arise.tsv
barcodeembed benchmark library arise.tsv --threads 1 -o results/arise
barcodeembed benchmark library library.tsv.gz --queries queries_seen.tsv.gz --queries queries_unseen.tsv.gz \\
    --threads 1 -o results/finnish
barcodeembed benchmark library records.tsv.gz --threads 1 -o results/boldinsects
```

`arise` is public, so anyone can repeat it (source archive sha256 `c8a242cf…`, table `a3078dd3…`). `finnish`
(its taxa are nodes of an anonymised tree) and `boldinsects` are development sets that do not ship.
[benchmarking.md](../benchmarking.md) explains the rows, sets and columns. The numbers are percentages of queries,
**right / wrong**; the rest is blank. *Known* means that the taxon is in the library. A name for a species that is
not in the library is always wrong. The machine did other work as well, so speed is given in queries per CPU second,
with one thread and with the start of the program. Peak memory includes building the database.
The rows of barcodeembed are of 0.14.0. Those of BLAST and VSEARCH are of a run of 0.9.0 (same splits), identity and
k-mers of 0.11.0, when the machine did more other work. So speeds in different rows compare badly. Timed in turns on
one thread of a processor without bfloat16, whole queries take these CPU seconds (the median of three runs; of two with
`finnish`):

| | 0.14.0 (v8) | the same with v7 | SINTAX |
|---|---:|---:|---:|
| `arise` | 9.7 | 13.2 | 4.3 |
| `finnish` | 12.0 | - | 17.4 |

Of the seconds of `arise`, PyTorch takes two or three to load, and the encoder two. On a processor with bfloat16, where
v7 loses less, 0.13.0 took 6.1, 8.5 and 5.2 s (`arise`, `finnish`, `boldinsects`) in turns with SINTAX (3.3, 13.5, 8.6).
"""

SETS = ("seen", "unseen_species", "unseen_genus")
COLUMNS = (("seen", "species"), ("unseen_species", "species"), ("unseen_species", "genus"))
MORE = (("unseen_genus", "genus"), ("unseen_genus", "family"))
TITLES = {"seen": "species known", "unseen_species": "species new", "unseen_genus": "genus new"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", type=Path, nargs="+")
    arguments = parser.parse_args()
    print(HEAD)
    for run in arguments.runs:
        print(section(run.name, json.loads((run / "results.json").read_text())))


def section(name: str, results: dict[str, Any]) -> str:
    """Return the tables of one run, one for each length."""
    library, parts = results["library"], [f"## {name}\n"]
    parts.append(
        f"{library['barcodes']:,} distinct barcodes of {library['species']:,} species and {library['genus']:,} genera. "
        + "; ".join(sorted({f["version"] for f in results["rows"].values()}))
        + ".\n"
    )
    for length, counts in results["queries"].items():
        asked = ", ".join(f"{counts[s]:,} {TITLES[s]}" for s in SETS if counts.get(s))
        parts.append(f"**{'Full length' if length == 'full' else length + ' bases'}**: {asked}\n")
        columns = COLUMNS + (MORE if counts.get("unseen_genus") else ())
        header = ["method", *(f"{TITLES[s]}: {rank}" for s, rank in columns)]
        header += [
            "novelty AUROC",
            "calibration error: species",
            "calibration error: genus",
            "queries/CPU s",
            "peak MB",
        ]
        rows = [
            [row, *(pair(facts["lengths"][length]["ranks"][s][r]) for s, r in columns), *cost(facts, length)]
            for row, facts in results["rows"].items()
        ]
        parts.append(markdown(header, rows))
    return "\n".join(parts)


def pair(score: dict[str, Any]) -> str:
    """Return ``right / wrong`` in percent."""
    return " / ".join(f"{100 * score[part] / score['scored']:.1f}" for part in ("right", "wrong"))


def cost(facts: dict[str, Any], length: str) -> list[str]:
    """Return the columns that belong to no set of queries."""
    found = facts["lengths"][length]
    errors = [number(found["calibration"].get(rank, {}).get("error")) for rank in ("species", "genus")]
    per_second = found["cost"]["queries"] / found["cost"]["cpu_seconds"]
    return [number(found["novelty_auroc"]), *errors, f"{per_second:,.0f}", f"{facts['peak_bytes'] / 1e6:,.0f}"]


if __name__ == "__main__":
    main()
