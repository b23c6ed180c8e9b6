"""A labelled table with splits, put into the form of BIOSCAN-5M's metadata, for ``benchmark paper``.

    python docs/benchmarks/bioscan_form.py records.tsv.gz metadata.csv

``library`` becomes ``train``, ``query_seen`` ``test``, ``query_unseen`` ``test_unseen``, ``heldout_unseen``
``val_unseen``. The last two hold other individuals of the same species here, not other species as in BIOSCAN-5M.
"""

import argparse
import csv
from pathlib import Path

from barcodeembed.sequences.split_tables import read_split_table

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
    arguments = parser.parse_args()
    with arguments.metadata.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        for row in read_split_table(arguments.table):
            names = {rank: row.lineage.at(rank) for rank in COLUMNS[1:7]}
            own = {"processid": row.id, "dna_bin": row.bin, "dna_barcode": row.raw, "split": SPLITS[row.split]}
            writer.writerow({**own, **names})


if __name__ == "__main__":
    main()
