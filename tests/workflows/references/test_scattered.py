"""Names whose barcodes are as far apart as any two animals are said to be no taxa; real ones are not."""

import numpy as np

from barcodeembed.workflows.references.scattered import scattered_names


def test_real_names_are_close(library, tree, make_library) -> None:
    assert scattered_names(library) == []
    assert scattered_names(make_library(*tree(4, species=8))) == []


def test_names_of_places_are_scattered(tree, make_library) -> None:
    columns, lineages = tree(1, species=8)
    order = np.random.default_rng(0).permutation(len(lineages))
    mixed = [lineages[i] for i in order]
    (line,) = scattered_names(make_library(columns, mixed))
    assert "one genus" in line
    assert "are these names of taxa" in line


def test_names_of_samples_are_scattered(tree, make_library) -> None:
    columns, lineages = tree(1)
    samples = [lineages[i % 8] for i in range(len(lineages))]
    lines = scattered_names(make_library(columns, samples))
    assert any("one species" in line for line in lines)
