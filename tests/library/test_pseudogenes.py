"""References with stop codons are found, by the genetic code of their class."""

import numpy as np

from barcodeembed.library.pseudogenes import find_pseudogenes
from barcodeembed.sequences.codes import encode
from barcodeembed.sequences.placement.anchor import shipped_anchor
from barcodeembed.taxonomy import Lineage


def test_references_with_stop_codons(make_library) -> None:
    frame, width = shipped_anchor().profile.frame, shipped_anchor().profile.columns
    reads = [("G" * frame + codon + "GCA" * 300)[:width] for codon in ("GCA", "AGA", "AGA", "TAG")]
    classes = [("Chordata", "Aves"), ("Chordata", "Aves"), ("Arthropoda", "Insecta"), ("Arthropoda", "Insecta")]
    lineages = [
        Lineage.from_ranks(phylum=phylum, **{"class": name}, genus=f"G{i}") for i, (phylum, name) in enumerate(classes)
    ]
    library = make_library(np.stack([encode(read) for read in reads]), lineages)
    assert [(one.id, one.name, one.why) for one in find_pseudogenes(library)] == [
        ("r1", "G1", "stop_codon"),
        ("r3", "G3", "stop_codon"),
    ]
    assert [one.id for one in find_pseudogenes(library, 2)] == ["r1", "r2", "r3"]
