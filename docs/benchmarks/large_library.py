"""Grow a library, to measure how `classify` opens and searches one of a million references.

    python docs/benchmarks/large_library.py mylib.barcodelib 1000000 large.barcodelib --index flat
    time barcodeembed classify reads.fasta --library large.barcodelib -o calls.tsv --threads 1

The references of the library are repeated under new ids. Their vectors beyond the first round are mixtures, as
``index_growth.py`` makes them; names, columns and the calibration are those of the library. So time and memory are
those of a library of that size, but the calls mean nothing.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from index_growth import grown

from barcodeembed.library.library_files import CALIBRATION, load_library, save_library
from barcodeembed.library.vector_index import factory, make_index


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("library", type=Path)
    parser.add_argument("size", type=int)
    parser.add_argument("output", type=Path)
    parser.add_argument("--index", default="flat")
    options = parser.parse_args()
    small = load_library(options.library)
    rows = np.arange(options.size) % len(small)
    vectors = grown(np.array(small.stored), options.size, np.random.default_rng(0))
    started = time.process_time()
    index = make_index(vectors, options.index)
    print(f"index: {time.process_time() - started:.1f} processor seconds")
    kinds = {"index_kind": options.index, "index": factory(options.index, *vectors.shape)}
    large = replace(
        small.select(rows),
        ids=np.array([f"{small.ids[row]}_{number}" for number, row in enumerate(rows)], dtype=object),
        stored=vectors,
        index=index,
        manifest=small.manifest | kinds,
    )
    save_library(large, options.output, json.loads((options.library / CALIBRATION).read_text(encoding="utf-8")))
    started = time.process_time()
    print(f"opened {len(load_library(options.output)):,}: {time.process_time() - started:.2f} processor seconds")


if __name__ == "__main__":
    main()
