"""Put a labelled table with splits into the form of BIOSCAN-5M's metadata, for ``benchmark paper``.

    python docs/benchmarks/bioscan_form.py records.tsv.gz metadata.csv
    python docs/benchmarks/bioscan_form.py records.tsv.gz individuals.csv --individuals 4

``library`` becomes ``train``, ``query_seen`` ``test``, ``query_unseen`` ``test_unseen``, ``heldout_unseen``
``val_unseen``. The last two hold different individuals of the same species here, not different species as in
BIOSCAN-5M. With ``--individuals N`` the first N of each species of ``heldout_unseen`` are also put into
``test_unseen``, because BINs of one barcode each cannot be reconstructed.
"""

import argparse
import csv
from collections import Counter
from pathlib import Path

from barcodeembed.sequences.formats.split_tables import read_split_table

SPLITS = {
    "library": "train",
    "query_seen": "test",
    "query_unseen": "test_unseen",
    "heldout_unseen": "val_unseen",
}
COLUMNS = ("processid", "phylum", "class", "order", "family", "genus", "species", "dna_bin", "dna_barcode", "split")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", type=Path)
    parser.add_argument("metadata", type=Path)
    parser.add_argument("--individuals", type=int, default=0)
    arguments = parser.parse_args()
    seen: Counter[str] = Counter()
    with arguments.metadata.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        for row in read_split_table(arguments.table):
            names = {rank: row.lineage.at(rank) for rank in COLUMNS[1:7]}
            split = SPLITS[row.split]
            if split == "val_unseen" and seen[names["species"]] < arguments.individuals:
                seen[names["species"]] += 1
                split = "test_unseen"
            own = {"processid": row.id, "dna_bin": row.bin, "dna_barcode": row.raw, "split": split}
            writer.writerow({**own, **names})


if __name__ == "__main__":
    main()
