"""Names whose barcodes are as far apart as any two animals are said to be no taxa; real ones are not."""

import numpy as np

from barcodeembed.workflows.references.scattered import scattered_names
from tests.made_up_tree import lineage


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


def test_fewer_than_four_say_nothing_of_the_names_as_a_whole(tree, make_library) -> None:
    """One animal of each of 32 genera, so that eight of them under one name are far from each other."""
    columns, _ = tree(1, species=1)
    order = np.random.default_rng(0).permutation(32)
    names = [lineage(0, number // 8, number % 8) for number in range(32)]
    for number, lines in ((3, 0), (4, 1)):
        assert len(scattered_names(make_library(columns[order[: 8 * number]], names[: 8 * number]))) == lines


def test_names_of_samples_are_scattered(tree, make_library) -> None:
    columns, lineages = tree(1)
    samples = [lineages[i % 8] for i in range(len(lineages))]
    lines = scattered_names(make_library(columns, samples))
    assert any("one species" in line for line in lines)
