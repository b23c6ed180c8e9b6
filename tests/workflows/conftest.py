"""An embedder, some barcodes, and calls as classify makes them: one of each kind, with values that could break a
format."""

from collections.abc import Callable
from typing import Any

import pytest

from barcodeembed.classify.call import Assignment, Call, Reference
from barcodeembed.sequences.read_columns import READ_COLUMNS
from barcodeembed.taxonomy import Lineage
from barcodeembed.workflows.embedders import AnyEmbedder, open_embedder

NAN = float("nan")
CULEX = ("Animalia", "Arthropoda", "Insecta", "Diptera", "Culicidae", "Culex")


@pytest.fixture(scope="module")
def embedder() -> AnyEmbedder:
    """Counts 4-mers: no model is loaded."""
    return open_embedder("kmer4")


@pytest.fixture(scope="module")
def some(library_sequences: list[str]) -> list[str]:
    """Six barcodes."""
    return library_sequences[:6]


@pytest.fixture
def make_call() -> Callable[..., Call]:
    """``make_call(id, assignment, reference, **columns of the read)``: a good read unless told otherwise."""

    def make(id: str, assignment: Assignment | None = None, reference: Reference | None = None, **fields: Any) -> Call:
        read = {"status": "ok", "strand": "+", "start": 240, "length": 418, "n_ambiguous": 0, "score": 1.25, "stops": 0}
        read["columns"] = "AQ=="
        sha1 = "5ba93c9db0cff93f52b521d7420e43f6eda2784f"
        missing = {column.name: column.missing for column in READ_COLUMNS}
        return Call(id, {**missing, **read, "sha1": sha1, "flags": "", **fields}, assignment or Assignment(), reference)

    return make


@pytest.fixture
def calls(make_call: Callable[..., Call]) -> list[Call]:
    """One call of each verdict and several rejected ones."""
    pipiens = Lineage((*CULEX, "Culex pipiens"))
    near = Reference("NLACA011-15", "BOLD:ACR9778", pipiens)
    sure = (1.0, 1.0, 1.0, 0.99996, 0.998, 0.99, 0.97)
    named = Assignment("named", pipiens, sure, 5, 0.99871, 0.997608, 418, 4, 1)
    torn = Assignment(
        "ambiguous", Lineage((*CULEX, "")), (*sure[:6], 0.5), 5, 0.9, 1.0, 400, 9, 0, ("Culex a", "Culex b")
    )
    species = Assignment("new_species", Lineage((*CULEX, "")), (*sure[:6], 0.02), 5, 0.88, 0.93, 418, 7, 3)
    genus = Assignment(
        "new_genus", Lineage((*CULEX[:3], "", "Culicidae", "", "")), (*sure[:5], 0.1, NAN), 5, 0.7, 0.88, 418, 7, 3
    )
    unplaced = Assignment("unplaced", Lineage(), (0.41, 0.4, 0.3, 0.2, 0.1, 0.0, -0.0), 5, -0.00001, NAN, 0, 0, 10)
    return [
        make_call("q1", named, near),
        make_call("q2;size=12", torn, near, strand="-"),
        make_call("q 3\twith\nbreaks\u2028", species, near, start=-4, flags="stop_codon,frameshift", stops=2),
        make_call('q4 "quoted"', genus, near, n_ambiguous=7),
        make_call("q5", unplaced, near, flags="divergent"),
        make_call("q1", named, near),
        make_call("q6", status="too_short", strand="", start=-1, length=40, score=NAN),
        make_call("<script>alert(1)</script>", status="not_coi", strand="", start=-1, score=0.1),
    ]
