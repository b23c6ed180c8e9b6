"""Find references with stop codons, which no gene has: pseudogenes (NUMTs), or sequences with errors."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from barcodeembed.library.audit import Suspect
from barcodeembed.library.reference_library import ReferenceLibrary
from barcodeembed.sequences.genetic_codes import count_stops, stop_codons
from barcodeembed.sequences.placement.anchor import shipped_anchor

_BLOCK = 4096


def find_pseudogenes(library: ReferenceLibrary, code: int = 0) -> Iterator[Suspect]:
    """Yield the references with stop codons.

    ``code`` is the number of a genetic code in NCBI's list for all references; 0 stands for the code of each
    reference's class. In a library without barcode columns none can be found.

    Raises
    ------
    UsageError
        if there is no genetic code with this number.
    """
    profile = shipped_anchor().profile
    stop_codons(code)
    if library.columns.shape[1] != profile.columns:
        return
    for start in range(0, len(library), _BLOCK):
        rows = np.arange(start, min(start + _BLOCK, len(library)))
        lineages = [library.lineage(row) for row in rows.tolist()]
        stops = count_stops(library.columns[rows], profile.frame, lineages, code)
        for row in rows[stops > 0].tolist():
            name = library.lineage(row).deepest[0]
            nowhere = float("nan")
            yield Suspect(str(library.ids[row]), "", name, "", nowhere, nowhere, (), "stop_codon")
